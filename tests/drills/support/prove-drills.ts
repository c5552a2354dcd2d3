import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type DrilledGateway, ownSource as root, type Run, runDrill, startGatewayOf } from './drilled-gateway.ts';
import { mutate, type Mutation, mutatedCopy } from './mutated-copy.ts';

type Proven = {
  check: string;
  /** Proven by every `npm test`; the others where POSTHORN_ALL_DRILLS is 1, as in `npm run test:drills`. */
  quick?: boolean;
  /** The share of the times that the check asks for; all of them when it is left out. */
  pace?: number;
  /** What it does for good is wanted. */
  confirm?: true;
  /** Settings of the gateways of this proof, if they are others than usual. */
  environment?: Readonly<Record<string, string>>;
  /** Makes what is drilled on a gateway, and answers its id; the first subject that there is when it is left out. */
  prepare?: (gateway: DrilledGateway) => Promise<string>;
  /** How long one run may take. */
  withinMs?: number;
};

/**
 * How a drill is proven able to fail. `mutate`: a gateway of a copy of the source with these defects. `plant` and `mend`:
 * a defect of the integration, on the gateway that runs.
 */
export type DrillProof = Proven &
  (
    | { mutate: readonly Mutation[] }
    | {
        plant: (gateway: DrilledGateway, subject: string | null) => Promise<unknown>;
        mend: (gateway: DrilledGateway, subject: string | null) => Promise<unknown>;
      }
  );

const reports = join(root, 'reports', 'mutations');
// oxlint-disable-next-line node/no-process-env -- a test run is told so by its environment
const provesAll = process.env['POSTHORN_ALL_DRILLS'] === '1';

/** Declares the tests of these proofs: passed, failed on the planted defect, and passed again. */
export function proveDrills(name: string, proofs: readonly DrillProof[]): void {
  describe(`a planted defect turns a drill from passed to failed: ${name}`, () => {
    let pristine: DrilledGateway | null = null;
    afterAll(() => pristine?.stop(), 60_000);

    const mutating = proofs.filter((proof) => 'mutate' in proof);
    test.runIf(mutating.length > 0).each(mutating)('the defect of $check fits the source', async (proof) => {
      expect((await mutate(proof.mutate)).size).toBeGreaterThan(0);
    });

    for (const proof of proofs) {
      test.runIf(provesAll || proof.quick === true)(`${proof.check}`, { timeout: 900_000 }, async () => {
        const own = proof.environment === undefined ? null : await startGatewayOf(root, proof.environment);
        try {
          const gateway = own ?? (pristine ??= await startGatewayOf(root));
          const subject = (await proof.prepare?.(gateway)) ?? null;
          const before = await runDrill(gateway, proof.check, subject, proof);
          expect(outcomeOf(before), told(before)).toBe('passed');
          const planted = await runPlanted(gateway, subject, proof);
          expect(outcomeOf(planted), told(planted)).toBe('failed');
          const after = await runDrill(gateway, proof.check, subject, proof);
          expect(outcomeOf(after), told(after)).toBe('passed');
          await report(proof, [
            ['before', before],
            ['broken', planted],
            ['mended', after],
          ]);
        } finally {
          await own?.stop();
        }
      });
    }
  });
}

async function runPlanted(gateway: DrilledGateway, subject: string | null, proof: DrillProof): Promise<Run> {
  if ('mutate' in proof) return runMutated(proof.mutate, proof);
  await proof.plant(gateway, subject);
  try {
    return await runDrill(gateway, proof.check, subject, proof);
  } finally {
    await proof.mend(gateway, subject);
  }
}

async function runMutated(mutations: readonly Mutation[], proof: DrillProof): Promise<Run> {
  const copy = await mutatedCopy(mutations);
  try {
    const gateway = await startGatewayOf(copy.folder, proof.environment);
    try {
      return await runDrill(gateway, proof.check, (await proof.prepare?.(gateway)) ?? null, proof);
    } finally {
      await gateway.stop();
    }
  } finally {
    await copy.remove();
  }
}

/** What was found, or how it ended without. */
function outcomeOf({ finding, state }: Run): string {
  return finding?.state ?? state;
}

/** For whoever reads why a proof broke. */
function told({ finding, state, transcript }: Run): string {
  const steps = transcript.map(({ says, values }) => `${says} ${JSON.stringify(values)}`);
  return [`${state}: ${finding?.seen ?? 'nothing was found'}`, ...steps].join('\n');
}

async function report(proof: DrillProof, runs: readonly (readonly [when: string, run: Run])[]): Promise<void> {
  const { check } = proof;
  const planted = 'mutate' in proof ? proof.mutate.map(({ file }) => file).join(', ') : 'in the integration';
  const states = runs.map(([when, run]) => [when, outcomeOf(run)] as const);
  await mkdir(reports, { recursive: true });
  const text = JSON.stringify({ check, version: runs[0]?.[1].version, planted, ...Object.fromEntries(states) });
  await writeFile(join(reports, `drill.${check}.json`), `${text}\n`);
}
