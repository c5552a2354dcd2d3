import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOnlyQuery } from '../../src/readiness/evaluate-check.ts';
import { webhookChangesTraceable } from '../../src/readiness/collectors/security/audit.webhook-changes-traceable.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

let api: TestApi;
let team: string;
beforeAll(async () => {
  api = await createTestApi();
  team = await api.createTeam();
});
afterAll(() => api[Symbol.asyncDispose]());

const say = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<{ id: string }> => {
  const answer = await api.call(method, `/v1/teams/${team}/${path}`, body === undefined ? {} : { body });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body as { id: string };
};
const judged = async () => {
  const context = {
    query: readOnlyQuery(api.database.pool),
    nowMs: Date.now(),
    environment: 'production' as const,
    release: '0.0.0',
    publicUrl: 'https://posthorn.test',
  };
  const facts = await webhookChangesTraceable.gather(context, { kind: 'team', id: team, teamId: team });
  return webhookChangesTraceable.judge(facts, Date.now());
};

test('whatever is done over the API to sources and endpoints can be followed in the audit log', async () => {
  await say('POST', 'event-types', { name: 'invoice.paid' });
  const source = await say('POST', 'sources', {
    provider: 'documenso',
    name: 'Contracts',
    credentials: [{ value: 'the first secret of it' }],
    allowAddresses: ['192.0.2.0/24'],
  });
  const next = { name: 'next', value: 'the next secret of it', expiresAt: '2999-01-01T00:00:00Z' };
  await say('PATCH', `sources/${source.id}`, { credentials: [{ name: '1' }, next], rateLimit: { perSecond: 5 } });
  await say('PATCH', `sources/${source.id}`, { allowAddresses: null, status: 'paused', bodyMaxBytes: 5_000 });
  const gone = await say('POST', 'sources', {
    provider: 'github',
    name: 'Code',
    credentials: [{ value: 'x'.repeat(32) }],
  });
  await say('DELETE', `sources/${gone.id}`);

  const endpoint = await say('POST', 'endpoints', {
    url: 'https://receiver.example.com/hook?token=1',
    eventTypes: ['invoice.paid'],
    headers: { 'x-tenant': 'acme' },
    sources: [source.id],
    filter: { amount: { $gte: 100 } },
    rateLimit: { perSecond: 0.5 },
    retry: { scheduleSeconds: [5, 10] },
  });
  const at = `endpoints/${endpoint.id}`;
  await say('PATCH', at, { description: 'one', headers: { 'x-tenant': null }, sources: null, filter: null });
  await say('PATCH', at, { description: null, rateLimit: null, largeBodies: { inlineMaxBytes: 9 }, status: 'paused' });
  await say('POST', `${at}/secret/rotate`, { overlapSeconds: 3_600 });
  await say('POST', `${at}/secret/rotate`, { overlapSeconds: 0 });
  await say('PATCH', at, { signing: { scheme: 'standard-webhooks-ed25519' } });
  await say('PATCH', at, {});
  await say('PATCH', at, {
    url: 'https://other.example.com/?a=1&b=2',
    eventTypes: ['*', 'posthorn.*'],
    ordering: 'key',
  });
  const other = await say('POST', 'endpoints', { url: 'https://receiver.example.com/2', eventTypes: ['*'] });
  await say('POST', `endpoints/${other.id}/secret/rotate`, { overlapSeconds: 60 });
  expect(await judged()).toMatchObject({
    state: 'passed',
    seen: expect.stringContaining('3 sources and endpoints') as string,
  });
  await say('DELETE', at);
  expect(await judged()).toMatchObject({ state: 'passed' });
});

const tables = ['source', 'source_credential', 'endpoint', 'endpoint_secret'];

test.each([
  [`UPDATE source SET options = '{"x": 1}'`, 'options'],
  [`UPDATE source SET allow_addresses = ARRAY['0.0.0.0/0']`, 'allowAddresses'],
  [`UPDATE source_credential SET expires_at = NULL WHERE expires_at IS NOT NULL`, 'credentials'],
  [`UPDATE endpoint SET headers_sealed = 'x' WHERE deleted_at IS NULL`, 'headerNames'],
  [`DELETE FROM endpoint_secret WHERE expires_at IS NULL`, 'secretIds'],
  [`UPDATE endpoint SET retry_schedule_seconds = '{1}' WHERE deleted_at IS NULL`, 'retry'],
  [`UPDATE endpoint SET event_types = '{a}' WHERE deleted_at IS NULL`, 'eventTypes'],
])('what is done in the database is seen: %s', async (text, field) => {
  const client = await api.database.pool.connect();
  try {
    for (const table of tables) await client.query(`CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM ${table}`);
    await client.query(text);
    const found = await judged();
    expect(found).toMatchObject({ state: 'failed' });
    expect(found.seen).toContain(`${field} of `);
  } finally {
    for (const table of tables) {
      await client.query(
        `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`,
      );
    }
    client.release();
  }
  expect(await judged()).toMatchObject({ state: 'passed' });
});
