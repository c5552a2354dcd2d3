import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditActionNames } from '../../src/audit/audit-actions.rules.ts';
import { createHistory } from '../support/history.ts';
import { routeTable } from './route-table.ts';
import { createWriteStand } from './write-stand.ts';
import { testWritesOfConfiguration } from './writes-of-configuration.ts';
import { testWritesOfProving } from './writes-of-proving.ts';

/** What writes and is no management: the traffic that the gateway is there for, which has ledgers of its own. */
const traffic = [
  /^POST \/v1\/teams\/:team\/events(\/batch)?$/,
  /^(POST|PUT|PATCH|DELETE) \/in\/:source$/,
  /^[A-Z-]+ \/egress\/:connection(\/\*)?$/,
  /^POST \/v1\/teams\/:team\/readiness\/(run|:check\/run)$/,
];
/** What only reads as HTTP has it, and shows what is masked otherwise. */
const revealing = [
  'GET /v1/teams/:team/events/:id/body',
  // Signed by the gateway: who has one is on record.
  'GET /v1/teams/:team/reviews/:review/certificate',
];

const stand = createWriteStand();
const { step, ask, done, said, last, entriesAfter, presentTransaction } = stand;

beforeAll(() => stand.open(), 90_000);
afterAll(() => stand.close());

describe('every route that writes', () => {
  // A new route that writes has its step in one of these two.
  testWritesOfConfiguration(stand);
  testWritesOfProving(stand);

  test('and the one that reveals, leaves one entry', async () => {
    const event = await stand.history.event({ body: '{}' });
    const [route = ''] = revealing;
    await step(route, 'event.revealed', `${stand.at}/events/${event}/body?reveal=true`);
    expect(last()).toMatchObject({ target: { kind: 'event', id: event } });
    const before = await presentTransaction();
    expect((await ask('GET', `${stand.at}/events/${event}/body`)).status).toBe(200);
    expect(await entriesAfter(before)).toEqual([]);
  });

  test('is among those above: a new one that records nothing has no place here', async () => {
    const table = await routeTable();
    expect(table.length).toBeGreaterThan(60);
    const writing = table.filter(
      (route) => !/^(GET|HEAD|OPTIONS) /.test(route) && !traffic.some((each) => each.test(route)),
    );
    expect([...done].sort()).toEqual([...new Set([...writing, ...revealing])].sort());
    for (const each of traffic)
      expect(
        table.some((route) => each.test(route)),
        String(each),
      ).toBe(true);
  });

  test('says nothing of what is secret: no value that was planted is in any entry', async () => {
    expect(said.length).toBeGreaterThan(25);
    expect(JSON.stringify(said)).not.toContain('planted-');
    expect(new Set(said.map(({ action }) => action).filter((action) => !auditActionNames.includes(action)))).toEqual(
      new Set(),
    );
  });

  test('is refused to a key that may not, with an entry each, in the product as it runs', async () => {
    const [own, other] = [stand.team, (await createHistory(stand.database.pool)).teamId];
    const made = await ask('POST', `/v1/teams/${own}/api-keys`, { name: 'reader', permissions: ['teams:read'] });
    const { id, key } = made.body as { id: string; key: string };
    const before = await presentTransaction();
    expect((await ask('DELETE', `/v1/teams/${own}/endpoints/x`, undefined, key)).status).toBe(403);
    expect((await ask('GET', `/v1/teams/${other}`, undefined, key)).status).toBe(404);
    expect((await ask('GET', '/egress/con_x/path', undefined, key)).status).toBe(403);
    const found = (await entriesAfter(before)).toSorted((one, another) => one.sequence - another.sequence);
    expect(found).toMatchObject([
      { action: 'access.refused', actor: { id }, after: { code: 'forbidden' } },
      { action: 'access.refused', actor: { id }, after: { code: 'not_found', team: other } },
      { action: 'access.refused', actor: { id }, target: { id: 'GET /egress/:connection/*' } },
    ]);
    const uses = await stand.database.pool.query(
      `SELECT FROM audit_entry WHERE action = 'api-key.first-used' AND target_id = $1`,
      [id],
    );
    expect(uses.rowCount).toBe(1);
  });

  test('what is refused or fails before it changes anything leaves none', async () => {
    const before = await presentTransaction();
    expect((await ask('DELETE', `${stand.at}/endpoints/ep_01kajxkkj8ffkr1g8xs6a3ek0r`)).status).toBe(404);
    expect((await ask('POST', `${stand.at}/endpoints`, { url: 'nonsense', eventTypes: ['*'] })).status).toBe(422);
    expect((await ask('POST', '/v1/teams', {})).status).toBe(400);
    expect(await entriesAfter(before)).toEqual([]);
  });
});
