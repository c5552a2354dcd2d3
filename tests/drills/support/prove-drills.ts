import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DrilledGateway, type Run, runDrill, startGatewayOf } from './drilled-gateway.ts';
import { type Mutation, mutatedCopy } from './mutated-copy.ts';

type Proven = {
  check: string;
  /** Proven by every `npm test`; the others where POSTHORN_ALL_DRILLS is 1, as in `npm run test:drills`. */
  quick?: true;
  /** The share of the times that the check asks for; all of them when it is left out. */
  pace?: number;
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

const root = join(import.meta.dirname, '../../..');
const reports = join(root, 'reports', 'mutations');
// oxlint-disable-next-line node/no-process-env -- a test run is told so by its environment
const provesAll = process.env['POSTHORN_ALL_DRILLS'] === '1';

/** Declares the tests of these proofs: passed, failed on the planted defect, and passed again. */
export function proveDrills(name: string, proofs: readonly DrillProof[]): void {
  const proven = proofs.filter(({ quick }) => provesAll || quick === true);
  const skipped = proofs.filter((proof) => !proven.includes(proof));

  describe(`a planted defect turns a drill from passed to failed: ${name}`, () => {
    let pristine: DrilledGateway;
    beforeAll(async () => {
      if (proven.length > 0) pristine = await startGatewayOf(root);
    }, 120_000);
    afterAll(() => pristine?.stop());

    if (proven.length > 0) {
      test.each(proven)('$check', { timeout: 900_000 }, async (proof) => {
        const own = proof.environment === undefined ? null : await startGatewayOf(root, proof.environment);
        try {
          await prove(own ?? pristine, proof);
        } finally {
          await own?.stop();
        }
      });
    }
    if (skipped.length > 0) test.skip.each(skipped)('$check (npm run test:drills)', () => undefined);
  });
}

async function prove(gateway: DrilledGateway, proof: DrillProof): Promise<void> {
  const { check, prepare } = proof;
  const subject = (await prepare?.(gateway)) ?? null;
  const before = await runDrill(gateway, check, subject, proof);
  expect(outcomeOf(before), told(before)).toBe('passed');
  let then: Run;
  if ('mutate' in proof) then = await runMutated(proof.mutate, proof);
  else {
    await proof.plant(gateway, subject);
    try {
      then = await runDrill(gateway, check, subject, proof);
    } finally {
      await proof.mend(gateway, subject);
    }
  }
  expect(outcomeOf(then), told(then)).toBe('failed');
  const after = await runDrill(gateway, check, subject, proof);
  expect(outcomeOf(after), told(after)).toBe('passed');
  await report(check, before, then, after, proof);
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

async function report(check: string, before: Run, then: Run, after: Run, proof: DrillProof): Promise<void> {
  const planted = 'mutate' in proof ? proof.mutate.map(({ file }) => file).join(', ') : 'in the integration';
  const states = { before: outcomeOf(before), then: outcomeOf(then), after: outcomeOf(after) };
  await mkdir(reports, { recursive: true });
  const text = JSON.stringify({ check, version: before.version, planted, ...states });
  await writeFile(join(reports, `drill.${check}.json`), `${text}\n`);
}
