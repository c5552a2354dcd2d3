import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { judgeRetention } from '../../src/readiness/collectors/compliance/compliance.retention.enforced.rules.ts';
import { judgeHardenedMode } from '../../src/readiness/collectors/deployment/deployment.production.hardened-mode.rules.ts';
import { judgePayloads } from '../../src/readiness/collectors/documentation/docs.payloads.described-and-true.rules.ts';
import { judgeReference } from '../../src/readiness/collectors/documentation/docs.reference.covers-every-route.rules.ts';
import { judgeErrors } from '../../src/readiness/collectors/documentation/docs.reference.errors-equal-thrown.rules.ts';
import { judgeLogLevel } from '../../src/readiness/collectors/monitoring/log.level-set-for-production.rules.ts';
import { judgeUpkeep } from '../../src/readiness/collectors/operations/operations.database.maintained.rules.ts';
import { judgeConnections } from '../../src/readiness/collectors/scalability/database.connections-within-limit.rules.ts';
import { judgeHotQueries } from '../../src/readiness/collectors/scalability/database.hot-queries-indexed.rules.ts';
import { judgeReuse } from '../../src/readiness/collectors/scalability/http.connections-reused.rules.ts';
import { gatherGatewayFacts } from '../../src/readiness/gateway-facts.ts';

const nowMs = Date.UTC(2026, 10, 21);
const day = 86_400_000;

describe('production', () => {
  const good = {
    environment: 'production' as const,
    publicUrl: 'https://posthorn.example.com',
    logLevel: 'info',
    allowNetworks: [] as string[],
    masterKeyGiven: true,
    operatorKeyGiven: true,
  };
  test.each([
    ['hardened', {}, 'passed'],
    ['development', { environment: 'development' as const }, 'failed'],
    ['a generated master key', { masterKeyGiven: false }, 'failed'],
    ['a generated operator key', { operatorKeyGiven: false }, 'failed'],
    ['plain http', { publicUrl: 'http://posthorn.example.com' }, 'failed'],
    ['debugging', { logLevel: 'debug' }, 'failed'],
    ['loopback', { allowNetworks: ['127.0.0.0/8'] }, 'failed'],
    ['loopback of IPv6', { allowNetworks: ['::1/128'] }, 'failed'],
    ['everything', { allowNetworks: ['0.0.0.0/0'] }, 'failed'],
    ['a private network without a reason', { allowNetworks: ['10.1.0.0/16'] }, 'unknown'],
  ])('%s', (_what, change, state) => {
    expect(judgeHardenedMode({ ...good, ...change }).state).toBe(state);
  });

  test.each([
    ['info', 'production', 'passed'],
    ['error', 'production', 'passed'],
    ['debug', 'production', 'failed'],
    ['trace', 'production', 'failed'],
    ['debug', 'development', 'not-applicable'],
  ] as const)('logs at %s in %s', (level, environment, state) => {
    expect(judgeLogLevel({ environment, level }).state).toBe(state);
  });
});

describe('where the gateway’s secrets come from', () => {
  const masterKey = randomBytes(32).toString('base64');
  function originsIn(environment: Record<string, string>, more: { dotenv?: string; arguments?: string[] } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-origins-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    if (more.dotenv !== undefined) writeFileSync(join(folder, '.env'), more.dotenv);
    const { config } = readConfig(environment);
    if (config === null) throw new Error('not valid');
    const surroundings = { environment, arguments: more.arguments ?? [], workingFolder: folder };
    const facts = gatherGatewayFacts(config, 'https://a.example', surroundings);
    expect(JSON.stringify(facts)).not.toContain(masterKey);
    return facts.origins.map(({ from }) => from);
  }

  test('is told apart: environment, .env file, arguments, first start', () => {
    expect(originsIn({})).toEqual(['generated', 'generated', 'unused']);
    expect(originsIn({ POSTHORN_MASTER_KEY: masterKey })[0]).toBe('environment');
    expect(originsIn({ POSTHORN_MASTER_KEY: masterKey }, { dotenv: '# x\nexport POSTHORN_MASTER_KEY=x\n' })[0]).toBe(
      'dotenv',
    );
    expect(originsIn({ POSTHORN_MASTER_KEY: masterKey }, { arguments: [`--key=${masterKey}`] })[0]).toBe('arguments');
  });

  test('is told apart: a file of its owner, and one that others can read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-origins-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = (name: string, mode: number): string => {
      writeFileSync(join(folder, name), masterKey, { mode });
      return join(folder, name);
    };
    expect(originsIn({ POSTHORN_MASTER_KEY_FILE: file('own', 0o600) })[0]).toBe('private-file');
    expect(originsIn({ POSTHORN_MASTER_KEY_FILE: file('open', 0o644) })[0]).toBe('file');
  });
});

describe('the reference', () => {
  const route = { method: 'GET', path: '/v1/teams', permission: 'operator' };
  const described = {
    method: 'GET',
    path: '/v1/teams',
    hasSummary: true,
    hasSuccess: true,
    describesInput: true,
    refusals: [401],
    permission: 'operator',
  };
  test.each([
    ['says what is', [route], [described], 'passed'],
    ['leaves one out', [route], [], 'failed'],
    ['makes one up', [route], [described, { ...described, path: '/v1/other' }], 'failed'],
    ['has no summary', [route], [{ ...described, hasSummary: false }], 'failed'],
    ['has no success', [route], [{ ...described, hasSuccess: false }], 'failed'],
    ['has no input', [route], [{ ...described, describesInput: false }], 'failed'],
    ['names another permission', [route], [{ ...described, permission: 'public' }], 'failed'],
    ['is about nothing', [], [], 'failed'],
  ])('%s', (_what, routes, given, state) => {
    expect(judgeReference({ routes, described: given }).state).toBe(state);
  });

  const codes = { registered: [{ code: 'a', complete: true }], documented: ['a'], explained: ['a'], answered: ['a'] };
  test.each([
    ['all', {}, 'passed'],
    ['one undocumented', { documented: [] }, 'failed'],
    ['one unexplained', { explained: [] }, 'failed'],
    ['one that is never thrown', { documented: ['a', 'b'] }, 'failed'],
    ['one that was answered and is unknown', { answered: ['b'] }, 'failed'],
    ['one without a meaning', { registered: [{ code: 'a', complete: false }] }, 'failed'],
  ])('of problems: %s', (_what, change, state) => {
    expect(judgeErrors({ ...codes, ...change }).state).toBe(state);
  });

  const type = { name: 'a', hasSchema: true, hasExample: true, exampleFits: true, bodies: 200, bodiesThatFit: 200 };
  test.each([
    ['as they are', [type], 'passed'],
    ['none in use', [], 'not-applicable'],
    ['no schema', [{ ...type, hasSchema: false }], 'failed'],
    ['no example', [{ ...type, hasExample: false }], 'failed'],
    ['a wrong example', [{ ...type, exampleFits: false }], 'failed'],
    ['one wrong body of 200', [{ ...type, bodiesThatFit: 199 }], 'passed'],
    ['two', [{ ...type, bodiesThatFit: 198 }], 'failed'],
  ])('of payloads: %s', (_what, types, state) => {
    expect(judgePayloads({ types }).state).toBe(state);
  });
});

describe('the database', () => {
  const room = { perNode: 10, nodes: 2, serverLimit: 100, reserved: 3, idleTransactions: 0, waitsMs: [1, 2, 3] };
  test.each([
    ['has room', {}, 'passed'],
    ['is full', { perNode: 39 }, 'failed'],
    ['is just not full', { perNode: 38 }, 'passed'],
    ['has an idle transaction', { idleTransactions: 1 }, 'failed'],
    ['lets queries wait', { waitsMs: [1, 51, 60] }, 'failed'],
    ['knows no node', { nodes: 0 }, 'unknown'],
  ])('%s', (_what, change, state) => {
    expect(judgeConnections({ ...room, ...change }).state).toBe(state);
  });

  const query = { name: 'q', sequentialScans: [] as string[], medianMs: 1 };
  test.each([
    ['finds by index', { missing: [], indexes: 1, queries: [query] }, 'passed'],
    ['lacks an index', { missing: ['i'], indexes: 1, queries: [query] }, 'failed'],
    [
      'reads a table from end to end',
      { missing: [], indexes: 1, queries: [{ ...query, sequentialScans: ['t'] }] },
      'failed',
    ],
    ['is slow', { missing: [], indexes: 1, queries: [{ ...query, medianMs: 21 }] }, 'failed'],
  ])('%s', (_what, facts, state) => {
    expect(judgeHotQueries(facts).state).toBe(state);
  });

  const kept = {
    daysAhead: 7,
    expiredPartitions: [],
    bloated: [],
    unanalyzed: [],
    transactionAgePercent: 1,
    invalidIndexes: [],
  };
  test.each([
    ['is kept up', {}, 'passed'],
    ['has five days ahead', { daysAhead: 5 }, 'failed'],
    ['keeps old days', { expiredPartitions: ['event_20200101'] }, 'failed'],
    ['is bloated', { bloated: ['event'] }, 'failed'],
    ['has no statistics', { unanalyzed: ['event'] }, 'failed'],
    ['is near wraparound', { transactionAgePercent: 50 }, 'failed'],
    ['has an invalid index', { invalidIndexes: ['i'] }, 'failed'],
  ])('%s', (_what, change, state) => {
    expect(judgeUpkeep({ ...kept, ...change }).state).toBe(state);
  });

  test.each([
    ['nothing old', [{ kind: 'events', atMs: nowMs - 31 * day }], 'passed'],
    ['nothing', [{ kind: 'events', atMs: null }], 'passed'],
    ['more than a day too old', [{ kind: 'events', atMs: nowMs - 31 * day - 1 }], 'failed'],
  ])('keeps %s', (_what, oldest, state) => {
    expect(judgeRetention({ retentionDays: 30, oldest }, nowMs).state).toBe(state);
  });
});

test.each([
  ['nine of ten', { closeCalls: 100, reused: 90 }, 'passed'],
  ['fewer', { closeCalls: 100, reused: 89 }, 'failed'],
  ['of few', { closeCalls: 99, reused: 0 }, 'unknown'],
])('connections that are reused: %s', (_what, facts, state) => {
  expect(judgeReuse(facts).state).toBe(state);
});
