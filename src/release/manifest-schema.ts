import { type Static, type TProperties, Type } from 'typebox';

const Whole = Type.Integer({ minimum: 0 });
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Commit = Type.String({ pattern: '^[0-9a-f]{40}$' });
const Time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' });
const Maybe = <Schema extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.String>>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);
const MaybeNumber = Maybe(Type.Number());
const MaybeText = Maybe(Type.String());

/** A part was measured, or it says why not: no figure stands in for one that nobody took. */
const Part = <Fields extends TProperties>(fields: Fields) =>
  Type.Union([
    Type.Object({ status: Type.Literal('measured'), ...fields }),
    Type.Object({ status: Type.Literal('not-measured'), because: Type.String() }),
  ]);
const list = <Fields extends TProperties>(fields: Fields) => Type.Array(Type.Object(fields));

const severities = Type.Union([
  Type.Literal('critical'),
  Type.Literal('high'),
  Type.Literal('medium'),
  Type.Literal('low'),
]);

/** What the pipeline says of a build, by subject. docs/release-manifest.md tells where each comes from. */
export const partSchemas = {
  /** `isOnLine`: the commit is on the protected line. `runs`: how often the job was begun. */
  pipeline: Part({
    line: Type.String(),
    isOnLine: Type.Boolean(),
    treeIsClean: Type.Boolean(),
    jobs: list({ name: Type.String(), state: Type.String(), runs: Whole }),
  }),
  /** Commits since the release before, and whether the protected line refused one that was made to fail. */
  changes: Part({
    commits: list({ commit: Commit, state: Type.String(), endedBeforeMerge: Type.Boolean() }),
    bypassed: Whole,
    refusedPlanted: Type.Boolean(),
  }),
  flags: Part({
    risky: list({ change: Type.String(), setting: MaybeText }),
    flags: list({
      setting: Type.String(),
      owner: Type.String(),
      default: Type.String(),
      removeBy: Time,
      testedOn: Type.Boolean(),
      testedOff: Type.Boolean(),
    }),
  }),
  cleanStart: Part({
    startCommands: Whole,
    testCommands: Whole,
    /** `ok`, or what went wrong. */
    ended: Type.String(),
    deliveredAfterSeconds: MaybeNumber,
    productionCredentials: Type.Array(Type.String()),
  }),
  dependencies: Part({
    lockfileSha256: Hash,
    materials: list({ name: Type.String(), version: Type.String(), integrity: MaybeText, development: Type.Boolean() }),
    /** `takenAt`: when this version came into the lock file. `latest`: null when the registry was not asked. */
    direct: list({
      name: Type.String(),
      version: Type.String(),
      takenAt: Maybe(Time),
      latest: MaybeText,
      reasonToStay: MaybeText,
    }),
    node: Type.String(),
    postgres: Type.String(),
  }),
  advisories: Part({
    checkedAt: Time,
    found: list({
      id: Type.String(),
      package: Type.String(),
      severity: severities,
      foundAt: Time,
      mendedAt: Maybe(Time),
      exception: Type.Union([Type.Object({ owner: Type.String(), until: Time }), Type.Null()]),
    }),
  }),
  bench: Part({
    commit: MaybeText,
    machine: Type.String(),
    runs: Whole,
    perSecond: Type.Object({ accepting: MaybeNumber, delivering: MaybeNumber, calling: MaybeNumber }),
    ofBarePipeline: Type.Object({ accepting: MaybeNumber, delivering: MaybeNumber, recording: MaybeNumber }),
    commitsPerEvent: MaybeNumber,
    worseThanBeforePercent: MaybeNumber,
  }),
  breakingPoint: Part({
    perSecond: Type.Number(),
    processors: Whole,
    ranOutFirst: Type.String(),
    refusedWith: Type.Array(Whole),
    acknowledgedLost: Whole,
    recoveredAfterSeconds: MaybeNumber,
  }),
  needs: Part({
    rates: list({ perSecond: Type.Number(), processorMsPer1000: Type.Number(), memoryMb: Type.Number() }),
    diskMbPerMillion: Type.Number(),
  }),
  constantTime: Part({
    mismatches: Whole,
    schemes: list({ scheme: Type.String(), t: Type.Number() }),
    /** Comparisons that the lint found beside the shared ones. */
    outside: Type.Array(Type.String()),
    lintFoundPlanted: Type.Boolean(),
  }),
  scans: Part({
    scanners: list({
      scanner: Type.String(),
      rules: Type.String(),
      files: Whole,
      filesThere: Whole,
      overHistory: Type.Boolean(),
      high: Type.Array(Type.String()),
      foundPlanted: Type.Boolean(),
    }),
  }),
  tests: Part({
    capabilities: list({
      capability: Type.String(),
      passed: Whole,
      failed: Whole,
      skipped: list({ test: Type.String(), reason: MaybeText }),
    }),
  }),
  /** Named cases of named suites, with what ran of each. */
  suites: Part({
    postgres: Type.String(),
    sockets: Type.Boolean(),
    cases: list({ suite: Type.String(), case: Type.String(), passed: Whole, failed: Whole, skipped: Whole }),
  }),
  coverage: Part({
    linesPercent: Type.Number(),
    branchesPercent: Type.Number(),
    capabilities: list({ capability: Type.String(), linesPercent: Type.Number() }),
    leftOut: Type.Array(Type.String()),
  }),
  properties: Part({
    rules: list({ rule: Type.String(), runs: Whole, counterexamples: Whole, mutantsKilledPercent: MaybeNumber }),
  }),
  /** What routes answered while the tests ran. `stranger`: the key was of another team than the path. */
  answers: Part({
    answered: list({ method: Type.String(), path: Type.String(), status: Whole, stranger: Type.Boolean() }),
  }),
  imageScan: Part({
    /** Of the build inside the image that was scanned. */
    buildDigest: Hash,
    looked: Type.Array(Type.String()),
    advisoriesAt: Time,
    high: Type.Array(Type.String()),
    foundPlanted: Type.Boolean(),
  }),
  fuzz: Part({
    targets: list({
      target: Type.String(),
      executions: Whole,
      openCrashes: Whole,
      corpusSha256: Hash,
      playedAgain: Type.Boolean(),
    }),
  }),
  soak: Part({
    hours: Type.Number(),
    deliveries: Whole,
    calls: Whole,
    failedPercent: Type.Number(),
    failedPercentBefore: MaybeNumber,
    unhandledErrors: Whole,
    restarts: Whole,
  }),
  mutations: Part({
    catalogueDigest: Hash,
    proofs: list({
      check: Type.String(),
      planted: Type.String(),
      before: Type.String(),
      broken: Type.String(),
      mended: Type.String(),
    }),
  }),
  crash: Part({ rounds: Whole, failures: Whole }),
  simulation: Part({ runs: Whole, failures: Whole }),
} as const;

export type ReleaseParts = { [Name in keyof typeof partSchemas]: Static<(typeof partSchemas)[Name]> };
export type PartName = keyof ReleaseParts;
/** A part that was measured. */
export type Measured<Name extends PartName> = Extract<ReleaseParts[Name], { status: 'measured' }>;

export const ManifestSchema = Type.Object({
  format: Type.Literal('posthorn-release-manifest-1'),
  version: Type.String(),
  commit: Commit,
  madeAt: Time,
  /** `ephemeral`: with a key that nobody has any more, which proves that nothing was changed since and no more. */
  signedBy: Type.Union([Type.Literal('pipeline'), Type.Literal('ephemeral')]),
  publicKey: Type.String(),
  build: Type.Object({
    /** Digests of what may run: `dist` is null where nothing was built. */
    dist: Type.Union([Hash, Type.Null()]),
    src: Type.Union([Hash, Type.Null()]),
    catalogue: Hash,
    capabilities: Type.Array(Type.String()),
  }),
  parts: Type.Object(partSchemas),
  signature: Type.String(),
});

export type SignedManifest = Static<typeof ManifestSchema>;
export type ReleaseManifest = Omit<SignedManifest, 'signature'>;
