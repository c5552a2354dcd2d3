import { describe, expect, test } from 'vitest';
import { callingApiOf } from '../faults/calling-parts.ts';
import { send } from '../support/calling-stand.ts';
import { until } from '../support/until.ts';
import { upstreamPairForTest } from './upstream-pair.ts';

/** Everything of an answer that could tell two cases apart. */
function tellTale({ status, text, headers }: Awaited<ReturnType<typeof send>>) {
  const { instance: _instance, ...problem } = JSON.parse(text) as Record<string, unknown>;
  return { status, problem, names: Object.keys(headers).toSorted() };
}

describe('a key', () => {
  test('that is none, wrong, expired, revoked, another team’s, or for something else makes no call', async () => {
    const pair = await upstreamPairForTest();
    const { stand, connection, key } = pair;
    const { api, teamId } = stand;
    const other = await callingApiOf(api, () => stand.posthorn.url);
    const elsewhere = await stand.connect(`http://${pair.outsideHost}`);
    const revoked = await api.call<{ id: string; key: string }>('POST', `/v1/teams/${teamId}/api-keys`, {
      name: 'revoked',
      permissions: ['*'],
    });
    await api.call('DELETE', `/v1/teams/${teamId}/api-keys/${revoked.id}`);
    const expiring = await stand.keyFor(['*'], { expiresAt: new Date(Date.now() + 3_000).toISOString() });
    await until('it to expire', async () => (await stand.call(connection, '/x', { key: expiring })).status === 401);
    pair.seen.length = 0;

    const cases: [string, string | null, number, string][] = [
      ['none', null, 401, 'unauthorized'],
      ['no key', 'x', 401, 'unauthorized'],
      ['a changed one', `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, 401, 'unauthorized'],
      ['a shorter one', key.slice(0, -1), 401, 'unauthorized'],
      ['revoked', revoked.key, 401, 'unauthorized'],
      ['expired', expiring, 401, 'unauthorized'],
      ['another team’s', await other.keyFor(['*']), 404, 'not_found'],
      ['another team’s for its own calls', await other.keyFor(['connections:call']), 404, 'not_found'],
      ['of a reader', await stand.keyFor(['connections:read', 'calls:read', 'events:write']), 403, 'forbidden'],
      ['of an administrator', await stand.keyFor(['connections:write', 'keys:write']), 403, 'forbidden'],
      ['for another connection', await stand.keyFor([`connections:call:${elsewhere}`]), 403, 'forbidden'],
    ];
    for (const [what, given, status, code] of cases) {
      const headersOf = (text: string): Record<string, string>[] => [
        { authorization: `Bearer ${text}` },
        { authorization: text },
        { 'x-api-key': text },
        { 'posthorn-key': text },
      ];
      for (const headers of given === null ? [{}] : headersOf(given)) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = await send(stand.port(), `/egress/${connection}/x`, { method, headers });
          expect([answer.status, answer.json['code']], `${what} ${JSON.stringify(Object.keys(headers))}`).toEqual([
            status,
            code,
          ]);
          if (given !== null && given.length > 1) expect(answer.text, what).not.toContain(given);
          if (what === 'for another connection') expect(answer.text).toContain(`connections:call:${connection}`);
        }
      }
    }
    expect(pair.seen).toEqual([]);
    expect(pair.outside).toEqual([]);
    // The key that may makes one, so the others could have.
    expect((await stand.call(connection, '/x', { key })).status).toBe(200);
    const calls = await stand.ledger(connection, 1);
    expect(calls.filter(({ tryCount }) => tryCount !== 0).length).toBeGreaterThanOrEqual(1);
    expect(calls.length).toBe(calls.filter(({ status }) => status === 200).length);
  }, 60_000);

  test('of another team cannot tell a connection that is there from one that is not', async () => {
    const pair = await upstreamPairForTest();
    const { stand, connection } = pair;
    const other = await callingApiOf(stand.api, () => stand.posthorn.url);
    const key = await other.keyFor(['*']);
    const missing = `con_${'0'.repeat(26)}`;
    for (const path of ['', '/x', '/../x', '/%00', `/${'a'.repeat(9_000)}`]) {
      const there = await send(stand.port(), `/egress/${connection}${path}`, { key });
      const notThere = await send(stand.port(), `/egress/${missing}${path}`, { key });
      expect(tellTale(there), path).toEqual(tellTale(notThere));
    }
    const team = `/v1/teams/${stand.teamId}`;
    await stand.call(connection, '/x');
    const [call] = await stand.ledger(connection, 1);
    for (const path of ['/connections', '/calls', '/calls/stats', '/calls/polling-violations']) {
      expect((await send(stand.port(), team + path, { key })).status, path).toBe(404);
      // Its own lists have nothing of the other team's, also where they are asked for it.
      const own = await send(stand.port(), `/v1/teams/${other.teamId}${path}`, { key });
      expect([own.status, own.text.includes(connection)], path).toEqual([200, false]);
    }
    for (const path of [`/connections/${connection}`, `/calls/${call?.id}`]) {
      expect((await send(stand.port(), team + path, { key })).status, path).toBe(404);
      expect((await send(stand.port(), `/v1/teams/${other.teamId}${path}`, { key })).status, path).toBe(404);
    }
    const filtered = await send(stand.port(), `/v1/teams/${other.teamId}/calls?connection=${connection}`, { key });
    expect(filtered.json).toEqual({ data: [], nextCursor: null });
    expect(pair.seen).toHaveLength(1);
  }, 60_000);

  test('loses a connection that is deleted or paused, and a permission for it gives nothing else', async () => {
    const pair = await upstreamPairForTest();
    const { stand, connection } = pair;
    const only = await stand.keyFor([`connections:call:${connection}`]);
    expect((await stand.call(connection, '/x', { key: only })).status).toBe(200);
    const reads = [
      ['GET', `/v1/teams/${stand.teamId}/connections`],
      ['GET', `/v1/teams/${stand.teamId}/connections/${connection}`],
      ['GET', `/v1/teams/${stand.teamId}/calls`],
      ['POST', `/v1/teams/${stand.teamId}/api-keys`],
      ['DELETE', `/v1/teams/${stand.teamId}/connections/${connection}`],
    ] as const;
    for (const [method, path] of reads) {
      expect((await send(stand.port(), path, { method, key: only })).status, `${method} ${path}`).toBe(403);
    }
    const place = `/v1/teams/${stand.teamId}/connections/${connection}`;
    await stand.api.call('PATCH', place, { status: 'paused' });
    await until('it to be paused', async () => (await stand.call(connection, '/x', { key: only })).status === 503);
    await stand.api.call('PATCH', place, { status: 'active' });
    await until('it to be active', async () => (await stand.call(connection, '/x', { key: only })).status === 200);
    await stand.api.call('DELETE', place);
    await until('it to be gone', async () => (await stand.call(connection, '/x', { key: only })).status === 404);
    const before = pair.seen.length;
    for (const key of [only, pair.key]) expect((await stand.call(connection, '/x', { key })).status).toBe(404);
    expect(pair.seen).toHaveLength(before);
  }, 60_000);
});
