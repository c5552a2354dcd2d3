import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { start } from '../../src/main.ts';
import type { CheckStatus } from '../../src/readiness/create-readiness.ts';
import { loadCatalogue } from '../../src/readiness/load-catalogue.ts';
import { type ProvenCheck, reportMutations } from './mutation-report.ts';
import type { Proof } from './proof.ts';
import { type ReadyGateway, startReadyGateway } from './ready-gateway.ts';

type Found = ReadonlyMap<string, CheckStatus>;

const { checks } = loadCatalogue();
/**
 * How long queries wait for a connection is decided by whatever else this machine does: what beside it changes is no
 * matter of the planted defect. It has a proof of its own.
 */
const decidedByTheMachine = ['database.connections-within-limit'];

/**
 * A check that cannot fail is a defect: declares a test for each proof that sees its check pass, fail on the planted defect
 * alone, and pass again once that is mended; and one that nothing else is left changed by all of them.
 * @param harness names the part of the mutation report
 */
export function proveChecks(harness: string, proofs: readonly Proof[]): void {
  const proven: ProvenCheck[] = [];
  let gateway: ReadyGateway;
  let before: Found;

  beforeAll(async () => {
    gateway = await startReadyGateway(start, readConfig);
    before = await gateway.evaluate();
  }, 180_000);
  afterAll(async () => {
    await gateway?.stop();
    reportMutations(harness, proven);
    process.stdout.write(`${proven.length} of ${proofs.length} checks are proven able to fail\n`);
  });

  /** What is decided otherwise than before, these checks aside: by check and subject. */
  const changesBeside = (now: Found, left: readonly string[]): Record<string, string> => {
    const aside = new Set([...left, ...decidedByTheMachine]);
    const changed = [...before].filter(
      ([key, { checkId, state }]) => !aside.has(checkId) && now.get(key)?.state !== state,
    );
    return Object.fromEntries(
      changed.map(([key, { state }]) => {
        const found = now.get(key);
        return [key, `${state}, then ${found?.state ?? 'gone'}: ${found?.evidence?.finding.seen ?? ''}`];
      }),
    );
  };

  describe('a planted defect turns exactly its check from passed to failed', () => {
    test.each(proofs)('$check', async ({ check, subject, plant, mend, insteadOf, related = [] }) => {
      const key = `${check} ${subject(gateway)}`;
      const expectState = (found: Found, state: string): string => {
        const status = found.get(key);
        expect(status, status?.evidence?.finding.seen).toMatchObject({ state });
        return state;
      };
      const asItWas = expectState(before, 'passed');
      await plant(gateway);
      let after: Found;
      try {
        after = await gateway.evaluate();
      } finally {
        await mend(gateway);
      }
      const broken = expectState(after, 'failed');
      expect(changesBeside(after, [check, ...related])).toEqual({});
      const mended = expectState(await gateway.evaluate(check), 'passed');
      proven.push({ check, planted: insteadOf ?? checks.get(check)?.brokenBy ?? '', before: asItWas, broken, mended });
    });

    test('and mended, all stand as they stood before', async () => {
      expect(changesBeside(await gateway.evaluate(), [])).toEqual({});
    });
  });
}
