import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyBlobStore } from '../../tests/support/blobs.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { getEvent } from './get-event.ts';
import { getEventBody } from './get-event-body.ts';
import { type EventFilter, listEvents } from './list-events.ts';

const actor = { kind: 'operator' } as const;
let database: TestDatabase;
let history: History;
const nowMs = Date.now();
const all: { id: string; type: string; key: string; atMs: number }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool);
  for (let n = 0; n < 12; n += 1) {
    const atMs = nowMs - (12 - n) * 60_000;
    const [type, key] = [n % 2 === 0 ? 'a.even' : 'a.odd', `customer-${n % 3}`];
    all.push({
      id: await history.event({ type, atMs, orderingKey: key, body: `{"n":"number ${n}; größe"}` }),
      type,
      key,
      atMs,
    });
  }
});
afterAll(() => database.drop());

async function list(filter: EventFilter, limit = 5): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await listEvents({ database: database.pool, actor }, { teamId: history.teamId, filter, limit, after });
    ids.push(...page.events.map((event) => event.id));
    after = page.next;
  } while (after !== null);
  return ids;
}
const idsOf = (some: { id: string }[]) => some.map((each) => each.id).toReversed();

describe('listing events', () => {
  test('gives them newest first, page by page, by type and time', async () => {
    expect(await list({})).toEqual(idsOf(all));
    expect(await list({ type: 'a.odd' }, 2)).toEqual(idsOf(all.filter((each) => each.type === 'a.odd')));
    const [sinceMs, untilMs] = [all[3]!.atMs, all[8]!.atMs];
    expect(await list({ sinceMs, untilMs })).toEqual(idsOf(all.slice(3, 8)));
  });

  test('finds by the beginning of an id, a whole ordering key, or text in the body', async () => {
    expect(await list({ q: all[4]!.id.slice(0, 20) })).toContain(all[4]!.id);
    expect(await list({ q: all[4]!.id })).toEqual([all[4]!.id]);
    expect(await list({ q: 'customer-1' })).toEqual(idsOf(all.filter((each) => each.key === 'customer-1')));
    expect(await list({ q: 'customer' })).toEqual([]);
    expect(await list({ q: 'number 7; größe' })).toEqual([all[7]!.id]);
    expect(await list({ q: '%' })).toEqual([]);
  });

  test('shows one, and its bytes, to its team alone', async () => {
    const ctx = { database: database.pool, actor, blobs: await emptyBlobStore() };
    const eventId = all[0]!.id;
    expect(await getEvent(ctx, { teamId: history.teamId, eventId })).toMatchObject({
      id: eventId,
      orderingKey: 'customer-0',
    });
    const { body } = await getEventBody(ctx, { teamId: history.teamId, eventId });
    expect(body).toEqual(Buffer.from('{"n":"number 0; größe"}'));
    const other = await createHistory(database.pool);
    await expect(getEvent(ctx, { teamId: other.teamId, eventId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(getEventBody(ctx, { teamId: other.teamId, eventId })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(getEvent(ctx, { teamId: history.teamId, eventId: 'evt_' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('does not search in bodies whose tokens are masked, unless they may be revealed', async () => {
    const sourceId = history.id('src');
    await database.pool.query("INSERT INTO source (team_id, id, provider, name) VALUES ($1, $2, 'documenso', 'a')", [
      uuidFromId(history.teamId),
      uuidFromId(sourceId),
    ]);
    const eventId = await history.event({ body: '{"payload":{"recipients":[{"token":"D7xyz"}]}}', orderingKey: 'env' });
    await database.pool.query('UPDATE event SET source_id = $3, coverage = 2 WHERE team_id = $1 AND id = $2', [
      uuidFromId(history.teamId),
      uuidFromId(eventId),
      uuidFromId(sourceId),
    ]);
    const find = async (permissions: string[], q: string): Promise<string[]> => {
      const key = {
        kind: 'api-key',
        teamId: history.teamId,
        apiKeyId: 'key_1',
        permissions: new Set(permissions),
        memberId: null,
        role: null,
      } as const;
      const input = { teamId: history.teamId, filter: { q }, limit: 5, after: null };
      return (await listEvents({ database: database.pool, actor: key }, input)).events.map((event) => event.id);
    };
    expect(await find(['events:read'], 'D7')).toEqual([]);
    expect(await find(['events:read'], 'env')).toEqual([eventId]);
    expect(await find(['events:read', 'events:reveal'], 'D7')).toEqual([eventId]);
  });
});
