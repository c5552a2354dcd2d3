import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { IdSource } from '../ids/id-source.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import { digestOf } from './digest.rules.ts';
import type { Catalogue, CheckDefinition } from './check-definition.ts';
import { evaluateCheck, readOnlyQuery } from './evaluate-check.ts';
import { type StateOfCheck, stateOf } from './evidence.rules.ts';
import { listEvidenceRows, readNewestEvidence } from './evidence.store.ts';
import type { Collector, Evidence, Finding, Subject } from './finding.ts';
import type { GatheringContext, Instruments } from './instruments.ts';
import { collectors as shippedCollectors } from './shipped-checks.ts';
import { storeEvidence } from './store-evidence.ts';
import { listSubjects, type NamedSubject, readConfigurations } from './subject.store.ts';
import { waiting as shippedWaiting } from './waiting-checks.ts';

/** A check for a subject, as it stands. */
export type CheckStatus = StateOfCheck & {
  checkId: string;
  /** Null: the catalogue has no entry of this id. */
  definition: CheckDefinition | null;
  subject: NamedSubject;
  /** The newest; null when there is none. */
  evidence: Evidence | null;
  /** Whether the gateway can decide it by itself. */
  decidable: boolean;
};

/** Checks of a team's own: definitions, and what decides those that a person does not. `stand` is how all stand now. */
export type TeamChecks = (
  teamId: string,
  stand: () => Promise<readonly CheckStatus[]>,
) => Promise<{ definitions: readonly CheckDefinition[]; collectors: readonly Collector<unknown>[] }>;

/** What a drill found, and under which configuration of its subject it began. */
type DrillFinding = {
  teamId: string;
  checkId: string;
  subjectId: string;
  finding: Finding;
  version: number;
  configurationDigest: string;
  measuredAtMs: number;
};

export type Readiness = {
  /**
   * Measures one check of a team for those of its subjects that are named, or all, and stores the evidence.
   * @throws Problem not_found, check_not_decidable
   */
  evaluate(input: { teamId: string; checkId: string; subjectId?: string | undefined }): Promise<CheckStatus[]>;
  /** Measures everything that can be decided for a team. @throws Problem not_found */
  evaluateAll(teamId: string): Promise<CheckStatus[]>;
  /** Measures those of these that the gateway decides by itself, and leaves out the others. @throws Problem not_found */
  measure(teamId: string, wanted: readonly { checkId: string; subjectId: string }[]): Promise<CheckStatus[]>;
  /** How everything stands, without measuring. @throws Problem not_found */
  states(teamId: string): Promise<CheckStatus[]>;
  /** The same, with the digests of the configurations in force by id of the subject. @throws Problem not_found */
  stand(teamId: string): Promise<{ checks: CheckStatus[]; digests: ReadonlyMap<string, string> }>;
  /** What a check is about in a team, all or the one that is named, as configured now. @throws Problem not_found */
  subjectsOf(input: {
    teamId: string;
    checkId: string;
    subjectId?: string | undefined;
  }): Promise<{ subject: NamedSubject; configurationDigest: string }[]>;
  /**
   * Readies what a drill found to be stored as evidence, which what is answered does, in its caller's transaction.
   * @throws Problem not_found when its subject is gone meanwhile
   */
  record(found: DrillFinding): Promise<(client: Pick<pg.Pool, 'query'>) => Promise<Evidence>>;
  /** The evidence of a check, newest first. @throws Problem not_found */
  history(input: {
    teamId: string;
    checkId: string;
    subjectId: string | null;
    limit: number;
    after: string | null;
  }): Promise<Evidence[]>;
};

export type ReadinessOptions = {
  database: pg.Pool;
  ids: IdSource;
  clock: Clock;
  environment: 'development' | 'production';
  release: string;
  publicUrl: () => string;
  catalogue: Pick<Catalogue, 'checks'>;
  /** What teams wrote themselves. */
  teamChecks?: TeamChecks;
  instruments: Instruments;
  onError: (error: unknown) => void;
  collectors?: readonly Collector<unknown>[];
  /** Versions of the drills that there are, by their checks. */
  drills?: ReadonlyMap<string, number>;
  /** Those of them that compare with what teams declare of themselves. */
  declaredDrills?: ReadonlySet<string>;
  /** Why checks cannot be decided yet, by id. */
  waiting?: ReadonlyMap<string, string>;
};

type Pair = { checkId: string; subject: NamedSubject };

const atOnce = 3;
const notAutomatic = {
  drill: 'It takes a drill, and this one does not exist yet.',
  attested: 'It takes a person: nobody has attested it.',
  automatic: 'Nothing measures it yet.',
} as const;

/** Readiness: checks decided from evidence. What nothing can decide is unknown, with the reason. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { database, catalogue, instruments } = options;
  const shipped = options.collectors ?? shippedCollectors;
  const waiting = options.waiting ?? shippedWaiting;
  const drills = options.drills ?? new Map<string, number>();
  const query = readOnlyQuery(database);

  // What is the same for many checks is looked at once for all that are measured together.
  const contextOf = (): GatheringContext => ({
    ...instruments,
    secrets: once(async () => instruments.secrets()),
    reference: once(async () => instruments.reference()),
    manifest: once(async () => instruments.manifest()),
    query,
    nowMs: options.clock.now(),
    environment: options.environment,
    release: options.release,
    publicUrl: options.publicUrl(),
  });

  const snapshotOf = async (teamId: string) => {
    await requireTeam(database, teamId);
    const subjects = await listSubjects(database, teamId);
    const configurations = await readConfigurations(database, teamId);
    configurations.set('gateway', instruments.gateway());
    const digests = new Map([...configurations].map(([id, configuration]) => [id, digestOf(configuration)]));
    const own = (await options.teamChecks?.(teamId, async () => (await stand(teamId)).checks)) ?? {
      definitions: [],
      collectors: [],
    };
    // Those of the team come last: they may look at what the others found.
    const definitions = new Map([...catalogue.checks, ...own.definitions.map((each) => [each.id, each] as const)]);
    const collectors = new Map([...shipped, ...own.collectors].map((each) => [each.checkId, each]));
    const digestFor = (subject: Subject, checkId: string): string => {
      const digest = digests.get(subject.id) ?? digestOf(null);
      const isCompared =
        collectors.get(checkId)?.comparesDeclarations === true || options.declaredDrills?.has(checkId) === true;
      return isCompared ? digestOf([digest, digests.get('declarations') ?? null]) : digest;
    };
    return { subjects, digests, digestFor, definitions, collectors };
  };
  type Snapshot = Awaited<ReturnType<typeof snapshotOf>>;

  const statusOf = (subject: NamedSubject, checkId: string, evidence: Evidence | null, of: Snapshot): CheckStatus => {
    const definition = of.definitions.get(checkId) ?? null;
    const version = of.collectors.get(checkId)?.version ?? drills.get(checkId);
    const decidable = version !== undefined && definition !== null;
    if (!decidable) {
      const because =
        definition === null
          ? 'The catalogue has no check of this id.'
          : (waiting.get(checkId) ?? notAutomatic[definition.kind]);
      return { checkId, definition, subject, evidence, decidable, state: 'unknown', because };
    }
    const present = {
      nowMs: options.clock.now(),
      configurationDigest: of.digestFor(subject, checkId),
      collectorVersion: version,
    };
    return { checkId, definition, subject, evidence, decidable, ...stateOf(evidence, present) };
  };

  /** Every check of the catalogue with its subjects; shipped ones without an entry stand for the gateway. */
  const pairsOf = ({ subjects, definitions, collectors }: Snapshot): Pair[] => {
    const known = [...definitions.values()].flatMap((definition) =>
      subjects
        .filter(({ kind }) => kind === definition.subject)
        .map((subject) => ({ checkId: definition.id, subject })),
    );
    const [gateway] = subjects;
    const unlisted = [...collectors.keys()].filter((checkId) => !definitions.has(checkId));
    return gateway === undefined ? known : [...known, ...unlisted.map((checkId) => ({ checkId, subject: gateway }))];
  };

  const measure = async (pairs: readonly Pair[], of: Snapshot): Promise<CheckStatus[]> => {
    const context = contextOf();
    const shippedOnes = pairs.filter(({ checkId }) => catalogue.checks.has(checkId));
    const own = pairs.filter(({ checkId }) => !catalogue.checks.has(checkId));
    return [...(await measureAll(shippedOnes, context, of)), ...(await measureAll(own, context, of))];
  };

  const measureAll = async (
    pairs: readonly Pair[],
    context: GatheringContext,
    of: Snapshot,
  ): Promise<CheckStatus[]> => {
    const statuses: CheckStatus[] = [];
    const left = [...pairs.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, { checkId, subject }] = next;
        const collector = of.collectors.get(checkId);
        const definition = of.definitions.get(checkId);
        if (collector === undefined || definition === undefined) continue;
        const evidence = await evaluateCheck(collector, {
          database,
          ids: options.ids,
          context,
          definition,
          subject,
          configurationDigest: of.digestFor(subject, checkId),
          onError: options.onError,
        });
        statuses[index] = statusOf(subject, checkId, evidence, of);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return statuses.filter((status) => status !== undefined);
  };

  /** From the newest evidence. */
  const statusesOf = async (pairs: readonly Pair[], of: Snapshot): Promise<CheckStatus[]> => {
    const newest = await readNewestEvidence(
      database,
      pairs.filter(({ checkId }) => of.collectors.has(checkId) || drills.has(checkId)),
    );
    const byPair = new Map(newest.map((evidence) => [`${evidence.checkId} ${evidence.subject.id}`, evidence]));
    return pairs.map(({ checkId, subject }) =>
      statusOf(subject, checkId, byPair.get(`${checkId} ${subject.id}`) ?? null, of),
    );
  };

  const stand: Readiness['stand'] = async (teamId) => {
    const of = await snapshotOf(teamId);
    return { checks: await statusesOf(pairsOf(of), of), digests: of.digests };
  };

  /** @throws Problem not_found */
  const pairsOfCheck = (of: Snapshot, checkId: string, subjectId: string | undefined): Pair[] => {
    const definition = of.definitions.get(checkId);
    if (definition === undefined) throw noSuchCheck(checkId);
    const pairs = pairsOf(of).filter(
      (pair) => pair.checkId === checkId && (subjectId === undefined || pair.subject.id === subjectId),
    );
    if (subjectId !== undefined && pairs.length === 0) {
      throw new Problem('not_found', `${checkId} is about no ${definition.subject} ${subjectId} of this team.`);
    }
    return pairs;
  };

  return {
    async evaluate({ teamId, checkId, subjectId }) {
      const of = await snapshotOf(teamId);
      const definition = of.definitions.get(checkId);
      if (definition === undefined) throw noSuchCheck(checkId);
      if (drills.has(checkId)) {
        const run = `POST /v1/teams/${teamId}/drills/runs with {"check": "${checkId}"}`;
        throw new Problem('check_not_decidable', `${checkId} is decided by its drill: ${run}.`);
      }
      if (!of.collectors.has(checkId)) {
        const why = waiting.get(checkId) ?? notAutomatic[definition.kind];
        throw new Problem('check_not_decidable', `${checkId} cannot be run. ${why}`);
      }
      return measure(pairsOfCheck(of, checkId, subjectId), of);
    },

    async evaluateAll(teamId) {
      const of = await snapshotOf(teamId);
      const pairs = pairsOf(of);
      const measured = await measure(pairs, of);
      const rest = pairs.filter(({ checkId }) => !of.collectors.has(checkId) || !of.definitions.has(checkId));
      return [...measured, ...(await statusesOf(rest, of))];
    },

    async measure(teamId, wanted) {
      const of = await snapshotOf(teamId);
      const keys = new Set(wanted.map(({ checkId, subjectId }) => `${checkId} ${subjectId}`));
      return measure(
        pairsOf(of).filter(({ checkId, subject }) => keys.has(`${checkId} ${subject.id}`)),
        of,
      );
    },

    states: async (teamId) => (await stand(teamId)).checks,
    stand,

    async subjectsOf({ teamId, checkId, subjectId }) {
      const of = await snapshotOf(teamId);
      return pairsOfCheck(of, checkId, subjectId).map(({ subject }) => ({
        subject,
        configurationDigest: of.digestFor(subject, checkId),
      }));
    },

    async record({ teamId, checkId, subjectId, ...found }) {
      const of = await snapshotOf(teamId);
      const [pair] = pairsOfCheck(of, checkId, subjectId);
      const definition = of.definitions.get(checkId);
      if (pair === undefined || definition === undefined) throw noSuchCheck(checkId);
      const { ids, release, environment } = options;
      const { subject } = pair;
      return (client) => storeEvidence(client, ids, { ...found, definition, subject, release, environment });
    },

    async history({ teamId, checkId, ...page }) {
      const { definitions } = await snapshotOf(teamId);
      const definition = definitions.get(checkId);
      if (definition === undefined) throw noSuchCheck(checkId);
      const owner = definition.subject === 'gateway' ? null : teamId;
      return listEvidenceRows(database, { ...page, teamId: owner, checkId });
    },
  };
}

function once<Facts>(look: () => Promise<Facts>): () => Promise<Facts> {
  let looked: Promise<Facts> | null = null;
  return () => (looked ??= look());
}

function noSuchCheck(checkId: string): Problem {
  return new Problem('not_found', `There is no check ${checkId}.`);
}
