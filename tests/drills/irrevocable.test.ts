import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../src/drills/drill.ts';
import { passed } from '../../src/readiness/finding.rules.ts';
import { type DrillsStand, openDrillsStand } from './support/drills-stand.ts';

const check = 'invoice.sent';
const drill: Drill = {
  checkId: check,
  subject: 'gateway',
  version: 1,
  does: 'Sends an invoice.',
  touches: 'integration',
  safeInProduction: false,
  irrevocable: 'sends an invoice',
  limitSeconds: 10,
  run: (stage) => Promise.resolve(passed(`production: ${stage.isProduction}`)),
};

let stand: DrillsStand;
let team: string;
beforeAll(async () => {
  stand = await openDrillsStand({ drills: [drill], environment: 'production' });
  team = await stand.api.createTeam();
});
afterAll(() => stand[Symbol.asyncDispose]());

test('a drill that does something for good is started by whoever confirms just that', async () => {
  const at = `/v1/teams/${team}/drills`;
  for (const body of [{ check }, { check, confirm: false }]) {
    const refused = await stand.api.call('POST', `${at}/runs`, { body });
    expect(refused.body).toMatchObject({ code: 'drill_not_safe', detail: expect.stringContaining('sends an invoice') });
  }
  const scheduled = await stand.api.call('PUT', `${at}/schedules`, { body: { check, everyHours: 24 } });
  expect(scheduled.body).toMatchObject({ code: 'drill_not_safe' });
  const [listed] = (await stand.api.call('GET', at)).body['data'] as object[];
  expect(listed).toMatchObject({ irrevocable: 'sends an invoice', refused: false, safeInProduction: false });

  const [run] = await stand.start(team, { check, confirm: true });
  const { finding } = await stand.ended(team, String(run?.id));
  expect(finding).toMatchObject({ state: 'passed', seen: 'production: true' });
  const { rows } = await stand.api.database.pool.query<{ content: string }>(
    `SELECT content FROM audit_entry WHERE content LIKE '%drill.started%'`,
  );
  expect(rows.map(({ content }) => content)).toEqual([expect.stringContaining('"sends an invoice"')]);
});
