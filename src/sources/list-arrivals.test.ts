/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { createSourceActivity, type SourceActivity } from './source-activity.ts';

let api: TestApi;
let timers: ManualTimers;
const startMs = Date.parse('2026-03-01T10:00:30.000Z');
const outside = { address: '9.9.9.9', host: 'hooks.example.com', eventId: 'evt_1' };

beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

async function make(): Promise<{ source: { teamId: string; id: string }; path: string }> {
  const teamId = await api.createTeam();
  const body = { provider: 'documenso', name: 'Contracts', credentials: [{ value: 'a secret' }] };
  const answer = await api.call('POST', `/v1/teams/${teamId}/sources`, { body });
  const { id } = answer.body as { id: string };
  return { source: { teamId, id }, path: `/v1/teams/${teamId}/sources/${id}` };
}

/** A node's; stopped, it has written all. */
function node(): SourceActivity {
  timers = createManualTimers(startMs);
  const errors: unknown[] = [];
  const activity = createSourceActivity({
    database: api.database.pool,
    clock: timers,
    timers,
    onError: (error) => errors.push(error),
  });
  activity.start();
  onTestFinished(() => expect(errors).toEqual([]));
  return activity;
}

test('where verified requests came from is kept by origin, without their addresses', async () => {
  const { source, path } = await make();
  const activity = node();
  activity.received(source, outside);
  timers.advance(10);
  activity.duplicate(source, { ...outside, address: '127.0.0.1', host: 'localhost:8420' });
  await activity.stop();
  const { body, text } = await api.call('GET', `${path}/arrivals`);
  expect(body.data).toEqual([
    expect.objectContaining({ at: '2026-03-01T10:00:30.010Z', origin: 'loopback', network: null, eventId: 'evt_1' }),
    expect.objectContaining({ at: '2026-03-01T10:00:30.000Z', origin: 'outside', network: '9.9.9.0/24' }),
  ]);
  expect(text).not.toContain('9.9.9.9');
});

test('the newest 16 of each origin stay, over writes and nodes, and none pushes out another origin', async () => {
  const { source, path } = await make();
  const first = node();
  first.received(source, { ...outside, eventId: 'oldest' });
  await first.stop();
  for (const round of [1, 2]) {
    const activity = node();
    timers.advance(round * 100);
    for (let index = 0; index < 20; index += 1) {
      activity.received(source, { ...outside, address: '10.0.0.1', eventId: `inside ${round} ${index}` });
      timers.advance(1);
    }
    await activity.stop();
  }
  const { data } = (await api.call('GET', `${path}/arrivals`)).body;
  const of = (origin: string): string[] =>
    data
      .filter((each: { origin: string }) => each.origin === origin)
      .map(({ eventId }: { eventId: string }) => eventId);
  expect(of('outside')).toEqual(['oldest']);
  expect(of('inside')).toEqual(Array.from({ length: 16 }, (_, index) => `inside 2 ${19 - index}`));
});

test('they go with their source', async () => {
  const { source, path } = await make();
  const activity = node();
  activity.received(source, outside);
  await activity.stop();
  expect((await api.call('DELETE', path)).status).toBe(204);
  expect((await api.call('GET', `${path}/arrivals`)).status).toBe(404);
  const { rows } = await api.database.pool.query(
    `SELECT FROM source_arrival a JOIN source s ON s.team_id = a.team_id AND s.id = a.source_id WHERE s.deleted_at IS NOT NULL`,
  );
  expect(rows).toEqual([]);
});
