import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { start } from '../../src/main.ts';
import type { CheckStatus } from '../../src/readiness/create-readiness.ts';
import { collectors } from '../../src/readiness/shipped-checks.ts';
import type { Proof } from './proof.ts';
import { proofsOfLaunch } from './proofs-of-launch.ts';
import { proofsOfDelivery } from './proofs-of-delivery.ts';
import { proofsOfProviders } from './proofs-of-providers.ts';
import { proofsOfSettings } from './proofs-of-settings.ts';
import { type ReadyGateway, startReadyGateway } from './ready-gateway.ts';

vi.mock(import('../../src/readiness/shipped-checks.ts'), async (original) => {
  const shipped = await original();
  const { launchChecks } = await import('../../src/readiness/collectors/launch-checks.ts');
  // How long a query waits is decided by whatever else this machine does: it is proven with the other settings.
  const others = shipped.collectors.filter(({ checkId }) => checkId !== 'database.connections-within-limit');
  const own = new Set(launchChecks.map(({ checkId }) => checkId));
  return { collectors: [...others.filter(({ checkId }) => !own.has(checkId)), ...launchChecks] };
});

/** A check that cannot fail is a defect: each is seen to pass, to fail on a planted defect alone, and to pass again. */
const proofs: readonly Proof[] =
  process.env['ALL_PROOFS'] === undefined
    ? proofsOfLaunch
    : [...proofsOfSettings, ...proofsOfDelivery, ...proofsOfProviders, ...proofsOfLaunch];
const proven = new Set<string>();

let gateway: ReadyGateway;
let before: Map<string, CheckStatus>;

beforeAll(async () => {
  gateway = await startReadyGateway(start, readConfig);
  before = await gateway.evaluate();
}, 180_000);
afterAll(async () => {
  await gateway?.stop();
  process.stdout.write(`${proven.size} of ${collectors.length} shipped checks are proven able to fail\n`);
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
  test.each(proofs)('$check', async ({ check, subject, plant, mend, related = [] }) => {
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
    proven.add(check);
  });
});
