import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { endOf, idAt, startOf } from '../../tests/calls/call-samples.ts';
import { type PlannedCall, recordCalls } from '../../tests/calls/recorded-calls.ts';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { screen, typed } from '../../tests/support/screen.ts';
import { until } from '../../tests/support/until.ts';
import { createCallRecordStore } from '../calls/call-record.store.ts';
import { callRoutes } from '../calls/calls.routes.ts';
import type { CallStart } from '../calls/call-ledger.ts';
import { runList } from './calls/show-calls.ts';
import { visibleWidth } from './terminal/layout.rules.ts';

let api: TestApi;
let team: string;
let url: string;
const minutes = (count: number): number => Date.now() - count * 60_000;

beforeAll(async () => {
  api = await createTestApi({ register: (app, { services }) => void app.register(callRoutes(services)) });
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  team = await api.createTeam();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Runs the verb as the command line does. */
const calls = (args: string[], width = 140) =>
  typed(['calls', ...args, '--url', url, '--key', api.operatorKey, '--team', team], width);
const record = (...planned: PlannedCall[]): Promise<CallStart[]> => recordCalls(api.database.pool, team, planned);

describe('posthorn calls list', () => {
  test('shows how calls ended, newest first, in lines that fit', async () => {
    const [first] = await record(
      { atMs: minutes(4), start: { operation: 'envelopes.create', method: 'POST' } },
      { atMs: minutes(3), end: { status: 429, answered: 429, error: 'provider_refused' } },
      { atMs: minutes(2), end: { status: null, answered: 504, error: 'timeout' } },
      { atMs: minutes(1), end: { cache: 'hit' } },
    );
    const { out } = await calls(['list']);
    expect(out[0]).toMatch(/^TIME +STATUS +TOOK +OPERATION +REQUEST +CALL$/);
    expect(out.slice(1).map((line) => line.slice(10, 31).trim())).toEqual([
      '200',
      'timeout',
      '429 provider_refused',
      '200',
    ]);
    expect(out[4]).toMatch(/POST …\S+\/envelopes\/2 /);
    expect(out[4]).toContain(first?.id);
    expect(out[1]).toMatch(/ {2}from the cache +call_\w+$/);
    expect(Math.max(...out.map(visibleWidth))).toBeLessThanOrEqual(140);
    const narrow = (await calls(['list', '--outcome', 'failed'], 80)).out;
    expect(narrow).toHaveLength(3);
    expect(Math.max(...narrow.map(visibleWidth))).toBeLessThanOrEqual(80);
  });

  test('hands every filter on, and says where there is more or nothing', async () => {
    const connectionId = idAt('con');
    await record(
      { atMs: minutes(60 * 48), start: { connectionId } },
      { atMs: minutes(3), start: { connectionId, subject: 'env-1', environment: 'production' } },
      { atMs: minutes(2), end: { status: 404, error: 'http', polling: 'violation' } },
      { atMs: minutes(1), start: { operation: 'users.get' } },
    );
    const found = async (...flags: string[]) =>
      (JSON.parse((await calls(['list', '--json', ...flags])).text) as unknown[]).length;
    expect(await found()).toBe(3);
    expect(await found('--connection', connectionId)).toBe(1);
    expect(await found('--connection', connectionId, '--since', '7d')).toBe(2);
    expect(await found('--since', '7d', '--until', '1h')).toBe(1);
    expect(await found('--subject', 'env-1', '--environment', 'production')).toBe(1);
    expect(await found('--status', '4xx', '--error', 'http', '--polling', 'violation')).toBe(1);
    expect(await found('--operation', 'users.get', '--outcome', 'succeeded')).toBe(1);
    expect((await calls(['list', '--limit', '1'])).err[0]).toMatch(/^There are more; see them with --limit/);
    expect((await calls(['list', '--subject', 'none'])).err).toEqual([
      'No call was found in the last 24 hours; look further back with --since 7d.',
    ]);
    await expect(calls(['list', '--since', 'later'])).rejects.toMatchObject({
      what: '--since later is no time',
      exitCode: 2,
    });
  });

  test('follows: what ended is shown once, in its order, when it ends; what runs waits', async () => {
    const store = createCallRecordStore(api.database.pool);
    const [old] = (await record({ atMs: minutes(1) })) as [CallStart];
    const { out, terminal } = screen(140);
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    onTestFinished(() => stop());
    const flags = { url, key: api.operatorKey, team, json: true, limit: 20, follow: true } as const;
    const following = runList(flags, terminal, { stopped: () => stopped, everyMs: 10 });
    const shown = (): string[] => out.map((line) => (JSON.parse(line) as { id: string }).id);
    await until('what was there is shown', () => shown().length === 1);
    const [slow, quick] = [startOf({ teamId: team }), startOf({ teamId: team })];
    await store.begin(1, [slow, quick]);
    await store.end([{ start: quick, epoch: 1, end: endOf(quick) }]);
    await until('the quick one is shown', () => shown().includes(quick.id));
    expect(shown()).toEqual([old.id, quick.id]);
    await store.end([{ start: slow, epoch: 1, end: endOf(slow) }]);
    await until('the slow one is shown', () => shown().length === 3);
    expect(shown()).toEqual([old.id, quick.id, slow.id]);
    stop();
    await following;
  });
});

describe('posthorn calls show', () => {
  test('shows all that is on record, and nothing that could steer a terminal', async () => {
    const [call] = (await record({
      atMs: minutes(1),
      start: { subject: 'env-1\u001B[31m' },
      end: {
        tries: [
          { status: 503, error: 'provider_failed', atMs: 1_700_000_000_000, durationMs: 12 },
          { status: 200, error: null, atMs: 1_700_000_001_000, durationMs: 30 },
        ],
        polling: 'violation',
        repeats: { callId: idAt('call'), agoMs: 90_000, pattern: 'repeat' },
        rateHeaders: { 'x-ratelimit-remaining': '7' },
        requestBody: Buffer.from('{"password":"***"}'),
      },
    })) as [CallStart];
    const { text } = await calls(['show', call.id]);
    expect(text).toContain('503');
    expect(text).toMatch(/^subject +env-1\\x1b\[31m$/m);
    expect(text).toMatch(/^timing +40 ms in all, waited/m);
    expect(text).toMatch(/^repeats +call_\w+, 1\.5 min before \(repeat\)$/m);
    expect(text).toMatch(/^limits +x-ratelimit-remaining: 7$/m);
    expect(text).toMatch(/^sent +\{"password":"\*\*\*"\}$/m);
    expect(text).not.toContain('\u001B');
    expect(JSON.parse((await calls(['show', call.id, '--json'])).text)).toMatchObject({ id: call.id });
    await expect(calls(['show', idAt('call')])).rejects.toMatchObject({ exitCode: 1 });
  });
});

describe('posthorn calls stats', () => {
  test('shows figures, how long calls took as bars, and a table', async () => {
    const taking = (totalMs: number, operation: string): PlannedCall => ({
      atMs: minutes(1),
      start: { operation },
      end: { timing: { queueMs: 0, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 5, totalMs } },
    });
    await record(...Array.from({ length: 9 }, () => taking(20, 'envelopes.get')), taking(40_000, 'envelopes.list'), {
      atMs: minutes(1),
      start: { operation: 'envelopes.list' },
      end: { status: 500, error: 'provider_failed' },
    });
    const { text, out } = await calls(['stats']);
    expect(text).toMatch(/^calls +11$/m);
    expect(text).toMatch(/^succeeded +90\.9 %, 1 failed$/m);
    expect(text).toMatch(/^took +half in 20 ms, 95 % in 40 s, 99 % in 40 s$/m);
    expect(out.filter((line) => line.includes('up to') || line.includes('over')).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^up to 25 ms {2}█{50} +9$/),
      expect.stringMatching(/^up to 50 ms {2}█{5} +1$/),
      ...Array.from({ length: 8 }, () => expect.stringMatching(/^up to [\d.]+ (ms|s) +0$/) as string),
      expect.stringMatching(/^over 30 s {2}█{5} +1$/),
    ]);
    expect(out.at(-2)).toMatch(/^envelopes\.get +9 +100 % +20 ms +20 ms +20 ms +5 ms +0 +0$/);
    expect(out.at(-1)).toMatch(/^envelopes\.list +2 +50 % .* 1 provider_failed$/);
    expect((await calls(['stats', '--by', 'status'])).out.at(-1)).toMatch(/^500 +1 +0 %/);
    expect(JSON.parse((await calls(['stats', '--json'])).text)).toMatchObject({ overall: { calls: 11 } });
  });

  test('of nothing have no bars', async () => {
    const { text } = await calls(['stats']);
    expect(text).toMatch(/^calls +0$/m);
    expect(text).not.toContain('█');
  });
});

describe('posthorn calls violations', () => {
  test('says seconds where less than a minute passed', async () => {
    const [first] = (await record({ atMs: minutes(5) - 2_000, start: { resource: '/envelopes/1' } })) as [CallStart];
    const repeats = { callId: first.id, agoMs: 2_000, pattern: 'repeat' } as const;
    await record({ atMs: minutes(5), start: { resource: '/envelopes/1' }, end: { polling: 'violation', repeats } });
    expect((await calls(['violations'])).text).toMatch(/^envelopes\.get {2}again after [2-9]\S* s \(repeat\)$/m);
  });

  test('shows both calls and what to do instead', async () => {
    const [first] = (await record({ atMs: minutes(9), start: { resource: '/envelopes/1' } })) as [CallStart];
    const repeats = { callId: first.id, agoMs: 240_000, pattern: 'repeat' } as const;
    const start = { resource: '/envelopes/1' };
    const [second] = (await record({ atMs: minutes(5), start, end: { polling: 'violation', repeats } })) as [CallStart];
    const { text } = await calls(['violations']);
    expect(text).toMatch(/^envelopes\.get {2}again after 4 min \(repeat\)$/m);
    expect(text).toMatch(new RegExp(`^  first +\\S+  ${first.id}$`, 'm'));
    expect(text).toMatch(new RegExp(`^  second +\\S+  ${second.id}$`, 'm'));
    expect(text).toMatch(/^ {2}instead +Wait for a webhook such as envelope-completed/m);
    team = await api.createTeam();
    expect((await calls(['violations'])).err).toEqual(['No polling violation in the last 24 hours.']);
  });
});
