import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { start } from '../../src/main.ts';
import type { CheckStatus } from '../../src/readiness/create-readiness.ts';
import { loadCatalogue } from '../../src/readiness/load-catalogue.ts';
import { type ProvenCheck, reportMutations } from './mutation-report.ts';
import type { Proof } from './proof.ts';
import { proofsOfRelease } from './proofs-of-release.ts';
import { type ReadyGateway, startReadyGateway } from './ready-gateway.ts';

vi.mock(import('../../src/readiness/shipped-checks.ts'), async (original) => {
  const shipped = await original();
  const { releaseChecks } = await import('../../src/readiness/collectors/release-checks.ts');
  return { collectors: [...shipped.collectors, ...releaseChecks] };
});

/** A check that cannot fail is a defect: each is seen to pass, to fail on a planted defect alone, and to pass again. */
const proofs: readonly Proof[] = proofsOfRelease;
const { checks } = loadCatalogue();
const proven: ProvenCheck[] = [];

let gateway: ReadyGateway;
let before: Map<string, CheckStatus>;

beforeAll(async () => {
  gateway = await startReadyGateway(start, readConfig);
  before = await gateway.evaluate();
}, 180_000);
afterAll(async () => {
  await gateway?.stop();
  reportMutations('release', proven);
});

/** What is decided otherwise than before, these checks aside: by check and subject. */
function changesBeside(now: ReadonlyMap<string, CheckStatus>, checks: readonly string[]): Record<string, string> {
  const changed = [...before].filter(
    ([key, { checkId, state }]) => !checks.includes(checkId) && now.get(key)?.state !== state,
  );
  return Object.fromEntries(
    changed.map(([key, { state }]) => {
      const found = now.get(key);
      return [key, `${state}, then ${found?.state ?? 'gone'}: ${found?.evidence?.finding.seen ?? ''}`];
    }),
  );
}

describe('a planted defect turns exactly its check from passed to failed', () => {
  test.each(proofs)('$check', async ({ check, subject, plant, mend, insteadOf, related = [] }) => {
    const key = `${check} ${subject(gateway)}`;
    expect(before.get(key), before.get(key)?.evidence?.finding.seen).toMatchObject({ state: 'passed' });
    await plant(gateway);
    let after: Map<string, CheckStatus>;
    try {
      after = await gateway.evaluate();
    } finally {
      await mend(gateway);
    }
    expect(after.get(key), after.get(key)?.evidence?.finding.seen).toMatchObject({ state: 'failed' });
    expect(changesBeside(after, [check, ...related])).toEqual({});
    const mended = await gateway.evaluate();
    expect(mended.get(key), mended.get(key)?.evidence?.finding.seen).toMatchObject({ state: 'passed' });
    expect(changesBeside(mended, [])).toEqual({});
    const planted = insteadOf ?? checks.get(check)?.brokenBy ?? '';
    const stateOf = (found: ReadonlyMap<string, CheckStatus>): string => found.get(key)?.state ?? 'gone';
    proven.push({ check, planted, before: stateOf(before), broken: stateOf(after), mended: stateOf(mended) });
  });
});
