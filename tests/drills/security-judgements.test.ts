import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judgeMatrix } from '../../src/drills/security/access.role-matrix-enforced.rules.ts';
import { boundReads, judgeIsolation } from '../../src/drills/security/access.teams-isolated.rules.ts';
import { judgeRefusals } from '../../src/drills/security/api-key.required-on-every-route.rules.ts';
import { judgeRevocation } from '../../src/drills/security/api-key.revocation-takes-effect.rules.ts';
import { judgeLogs } from '../../src/drills/security/log.no-personal-data-or-secrets.rules.ts';
import { judgeSecurityEvents } from '../../src/drills/security/log.security-events-recorded.rules.ts';
import { makeCertificate } from '../../src/drills/security/make-certificate.ts';
import { judgeAllowList } from '../../src/drills/security/network.ip-allow-list-enforced.rules.ts';
import { judgeRates } from '../../src/drills/security/network.rate-limits-enforced.rules.ts';
import { judgeSsrf } from '../../src/drills/security/network.ssrf-refused.rules.ts';
import { judgeMasks } from '../../src/drills/security/payload.sensitive-fields-masked.rules.ts';
import { memberRoles, publishedRolesOf } from '../../src/drills/security/published-roles.rules.ts';
import { judgeValidation } from '../../src/drills/security/request.validated-on-every-route.rules.ts';
import { judgeAtRest } from '../../src/drills/security/secret.encrypted-at-rest.rules.ts';
import { findIn } from '../../src/drills/security/spellings.rules.ts';
import { judgeTls } from '../../src/drills/security/transport.tls-floor-both-ways.rules.ts';
import { judgeForgeries } from '../../src/drills/security/webhook.signature.rejects-forged.rules.ts';
import { pageAt, tableRows } from '../docs/pages.ts';

describe('the roles that drills go by', () => {
  test('are those of the published table', () => {
    const rows = tableRows(pageAt('docs/members.md'), 'permission');
    expect(rows.length).toBeGreaterThan(25);
    for (const [permission = '', ...cells] of rows) {
      const granted = memberRoles.filter((_, index) => cells[index] === 'yes');
      expect(publishedRolesOf(permission.replaceAll('`', '')), permission).toEqual(granted);
    }
    expect(publishedRolesOf('operator')).toEqual([]);
    expect(publishedRolesOf('made:up')).toBeNull();
  });
});

describe('a value in a text', () => {
  const value = 'Zoë+x@canary.example';
  const values = new Map([['e-mail', value]]);
  test.each([
    ['as it is', `to ${value}.`, 'plain'],
    ['in other letters', `TO ${value.toUpperCase()}`, 'plain'],
    ['in a URL', `?to=${encodeURIComponent(value)}`, 'url-encoded'],
    ['in hex', Buffer.from(`a${value}b`).toString('hex').toUpperCase(), 'hex'],
    ['in base64, alone', Buffer.from(value).toString('base64'), 'base64'],
    ['in base64, after one byte', Buffer.from(`a${value}b`).toString('base64'), 'base64'],
    ['in base64, after two bytes', Buffer.from(`ab${value}cd`).toString('base64url'), 'base64'],
  ])('is found %s', (_how, text, called) => {
    expect(findIn(text, values)).toEqual([{ name: 'e-mail', called }]);
  });

  test('that is not there is not found', () => {
    expect(findIn('somebody@canary.example', values)).toEqual([]);
  });
});

describe('a certificate made for a drill', () => {
  test('is one that others read, signed by its issuer, for its names and its time', () => {
    const validity = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 5, 1) };
    const issuer = makeCertificate({ name: 'authority', names: [], issuer: null, ...validity });
    const names = ['DNS:a.example', 'IP:127.0.0.1'];
    const leaf = new X509Certificate(makeCertificate({ name: 'leaf', names, issuer, ...validity }).certPem);
    const authority = new X509Certificate(issuer.certPem);
    expect(leaf.verify(authority.publicKey) && authority.verify(authority.publicKey) && authority.ca).toBe(true);
    expect(leaf.checkHost('a.example') ?? leaf.checkIP('127.0.0.1')).toBeDefined();
    expect(leaf.checkHost('b.example')).toBeUndefined();
    expect([leaf.validFromDate.getTime(), leaf.validToDate.getTime()]).toEqual([validity.fromMs, validity.toMs]);
  });
});

describe('forged requests', () => {
  const refused = (kind: string) => ({ kind, status: 401, eventsMore: 0 });
  const forgeries = ['no signature', 'an empty signature', 'a signature cut off', 'a signature by another secret'].map(
    refused,
  );
  const facts = {
    forgeries,
    genuine: { kind: 'true', status: 200, eventsMore: 1 },
    replayed: { kind: 'again', status: 200, eventsMore: 0 },
  };
  test.each([
    ['all refused, a true one stored once', facts, 'passed'],
    ['one answered 2xx', { ...facts, forgeries: [...forgeries, { ...refused('x'), status: 200 }] }, 'failed'],
    [
      'one stored although it was refused',
      { ...facts, forgeries: [...forgeries, { ...refused('x'), eventsMore: 1 }] },
      'failed',
    ],
    ['the true one refused too', { ...facts, genuine: { ...facts.genuine, status: 401, eventsMore: 0 } }, 'failed'],
    ['the same twice stored twice', { ...facts, replayed: { ...facts.replayed, eventsMore: 1 } }, 'failed'],
    ['one without an answer', { ...facts, forgeries: [...forgeries, { ...refused('x'), status: null }] }, 'unknown'],
    ['a way that was not tried', { ...facts, forgeries: forgeries.slice(1) }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeForgeries(given).state).toBe(state));
});

describe('keys', () => {
  const answers = ['none', 'made up', 'expired', 'revoked'].flatMap((key) =>
    Array.from({ length: 60 }, (_, index) => ({ operation: `GET /${index}`, key, status: 401, code: 'unauthorized' })),
  );
  const facts = { operations: 60, answers, undocumented: [], documentedCodes: ['unauthorized'], written: [] };
  test.each([
    ['that are wrong are refused everywhere', facts, 'passed'],
    [
      'that are wrong open something',
      { ...facts, answers: answers.with(7, { ...answers[7]!, status: 200 }) },
      'failed',
    ],
    ['that are wrong are refused with a code that is nowhere', { ...facts, documentedCodes: [] }, 'failed'],
    ['that are wrong and something that the reference lacks', { ...facts, undocumented: ['GET /x'] }, 'failed'],
    ['that are wrong write something', { ...facts, written: ['event'] }, 'failed'],
    ['that were tried on little', { ...facts, operations: 3, answers: answers.slice(0, 12) }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeRefusals(given).state).toBe(state));

  const ends = (atMs: number) =>
    [-600, -400, -200, 100, 2_000, 5_000, 5_200, 5_400].map((afterMs) => ({
      afterMs,
      status: afterMs < atMs ? 200 : 401,
    }));
  const revoked = (atMs: number, revokedBy: string | null = 'operator') =>
    judgeRevocation({
      withinMs: 5_000,
      revokedBy,
      nodes: [
        { name: 'a', answers: ends(0) },
        { name: 'b', answers: ends(atMs) },
      ],
    });
  test.each([
    ['at once', revoked(0), 'passed'],
    ['after three seconds', revoked(3_000), 'passed'],
    ['after more than five', revoked(5_300), 'failed'],
    ['and nobody knows by whom', revoked(0, null), 'failed'],
    ['before they were used', revoked(-500), 'unknown'],
  ])('that are revoked end %s', (_what, { state }, expected) => expect(state).toBe(expected));
});

describe('roles', () => {
  const cells = Array.from({ length: 120 }, (_, index) => {
    const may = index % 2 === 0;
    return {
      role: may ? 'owner' : 'viewer',
      operation: `GET /${index}`,
      may,
      status: may ? 404 : 403,
      code: may ? 'not_found' : 'forbidden',
    };
  });
  const facts = { cells, roles: 2, refusalsOnRecord: 60 };
  const other = (index: number, more: object) => ({
    ...facts,
    cells: cells.with(index, { ...cells[index]!, ...more }),
  });
  test.each([
    ['do what the table says', facts, 'passed'],
    ['do more', other(1, { status: 204, code: '' }), 'failed'],
    ['are refused otherwise', other(1, { status: 404, code: 'not_found' }), 'failed'],
    ['do less', other(2, { status: 403, code: 'forbidden' }), 'failed'],
    ['have permissions that no table has', other(2, { may: null }), 'failed'],
    ['are refused without a record', { ...facts, refusalsOnRecord: 59 }, 'failed'],
    ['break something', other(2, { status: 500, code: 'internal' }), 'unknown'],
    ['tried little', { ...facts, cells: cells.slice(0, 10), refusalsOnRecord: 5 }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeMatrix(given).state).toBe(state));
});

describe('teams', () => {
  const request = { operation: 'GET /v1/teams/{team}/x/{id}', way: 'id' as const, status: 404, marked: false };
  const kinds = ['a', 'b', 'c', 'd', 'e', 'f'];
  const table = { own: { stored: 1, seen: 1 }, others: { stored: 2, seen: 0 }, seenWithoutTeam: 0 };
  const facts = {
    requests: [request],
    kinds,
    changed: [],
    markSeenByOwner: true,
    tables: kinds.map((name) => ({ ...table, name })),
    reads: boundReads.map((operation) => ({ operation, shown: true, shownWhenHidden: false })),
    inUse: 'in force as the backstop of teams',
  };
  const allTables = (more: object) => ({ ...facts, tables: facts.tables.map((each) => ({ ...each, ...more })) });
  const one = (more: object) => ({ ...facts, requests: [{ ...request, ...more }] });
  test.each([
    ['see nothing of each other', facts, 'passed'],
    ['see a mark', one({ marked: true }), 'failed'],
    ['are let in', one({ status: 200 }), 'failed'],
    ['learn that something is there', one({ status: 409 }), 'failed'],
    [
      'may send what is bad for its own sake',
      one({ status: 400, operation: 'PATCH /v1/teams/{team}/x/{id}' }),
      'passed',
    ],
    ['may filter by what is not theirs', one({ status: 200, way: 'filter' }), 'passed'],
    ['change something', { ...facts, changed: ['endpoints x'] }, 'failed'],
    ['have nothing to see', { ...facts, kinds: ['a'] }, 'unknown'],
    ['bear no mark', { ...facts, markSeenByOwner: false }, 'unknown'],
    ['are shown rows of others', allTables({ others: { stored: 2, seen: 1 } }), 'failed'],
    ['are shown rows without being named', allTables({ seenWithoutTeam: 1 }), 'failed'],
    ['are shown nothing', allTables({ own: { stored: 1, seen: 0 } }), 'unknown'],
    ['have no rows to hide', allTables({ others: { stored: 0, seen: 0 } }), 'unknown'],
    [
      'read what the database hides',
      { ...facts, reads: facts.reads.map((read) => ({ ...read, shownWhenHidden: true })) },
      'failed',
    ],
    [
      'read something else that the database would not hide',
      { ...facts, reads: [...facts.reads, { operation: 'GET /x', shown: true, shownWhenHidden: true }] },
      'passed',
    ],
    ['show nothing to hide', { ...facts, reads: facts.reads.slice(1) }, 'unknown'],
    ['are not guarded in use', { ...facts, inUse: 'row-level security is not in force' }, 'failed'],
  ])('%s', (_what, given, state) => expect(judgeIsolation(given).state).toBe(state));
});

describe('what lies on disk', () => {
  const facts = {
    planted: 8,
    found: [],
    files: 9,
    controlFound: true,
    spooled: true,
    sealedAlike: false,
    movedOpens: false,
  };
  test.each([
    ['holds no secret', facts, 'passed'],
    ['holds one', { ...facts, found: [{ name: 'token', called: 'hex', file: 'base/1' }] }, 'failed'],
    ['is sealed alike', { ...facts, sealedAlike: true }, 'failed'],
    ['opens elsewhere', { ...facts, movedOpens: true }, 'failed'],
    ['shows nothing at all', { ...facts, controlFound: false }, 'unknown'],
    ['has no spool', { ...facts, spooled: false }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeAtRest(given).state).toBe(state));
});

describe('TLS', () => {
  const servers = [
    { called: 'TLSv1.3', isSound: true, way: 'call' as const, requests: 1 },
    { called: 'TLSv1', isSound: false, way: 'call' as const, requests: 0 },
  ];
  const versions = [
    { version: 'TLSv1', isOld: true, connected: false },
    { version: 'TLSv1.3', isOld: false, connected: true },
  ];
  const address = { isHttps: true, versions, chainProblem: null, daysLeft: 21 };
  const facts = { servers, address, unspoken: [] };
  test.each([
    ['of 1.2 and newer alone', facts, 'passed'],
    ['of an old server', { ...facts, servers: servers.map((each) => ({ ...each, requests: 1 })) }, 'failed'],
    ['of no server', { ...facts, servers: servers.map((each) => ({ ...each, requests: 0 })) }, 'failed'],
    ['that the public address does not speak', { ...facts, address: { ...address, isHttps: false } }, 'failed'],
    [
      'of an old version at the public address',
      { ...facts, address: { ...address, versions: versions.map((each) => ({ ...each, connected: true })) } },
      'failed',
    ],
    ['with a chain that nobody trusts', { ...facts, address: { ...address, chainProblem: 'SELF_SIGNED' } }, 'failed'],
    ['with 20 days left', { ...facts, address: { ...address, daysLeft: 20 } }, 'failed'],
    ['that cannot be reached', { ...facts, address: { ...address, versions: [] } }, 'unknown'],
    ['that this machine does not speak', { ...facts, unspoken: ['TLSv1'] }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeTls(given).state).toBe(state));
});

describe('ways inside', () => {
  const entered = Array.from({ length: 40 }, (_, index) => ({
    url: `https://10.0.0.${index}/`,
    as: 'endpoint' as const,
    status: 422,
    code: 'invalid_url',
  }));
  const met = [{ name: 'inside', as: 'connection' as const, isHarmless: false, ended: 'blocked' }];
  const facts = { entered, met, canaryReached: 0, decoyReached: 1 };
  test.each([
    ['that are refused', facts, 'passed'],
    ['that are walked', { ...facts, canaryReached: 1 }, 'failed'],
    [
      'that are taken when entered',
      { ...facts, entered: entered.with(0, { ...entered[0]!, status: 201, code: '' }) },
      'failed',
    ],
    [
      'that are refused for another reason',
      { ...facts, entered: entered.with(0, { ...entered[0]!, code: 'invalid_base_url' }) },
      'failed',
    ],
    ['by names that are not refused', { ...facts, met: [{ ...met[0]!, ended: 'connect' }] }, 'failed'],
    ['where nothing goes out at all', { ...facts, decoyReached: 0 }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeSsrf(given).state).toBe(state));
});

describe('logs', () => {
  const paths = Array.from({ length: 20 }, (_, index) => ({ path: String(index), status: 400 }));
  const facts = { marks: 5, paths, found: [], logLines: 30, linesAboutRequests: 9, metricLines: 100 };
  test.each([
    ['without marks', facts, 'passed'],
    ['with one', { ...facts, found: [{ name: 'email', called: 'plain', where: 'the log' }] }, 'failed'],
    ['that say nothing of requests', { ...facts, linesAboutRequests: 0 }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeLogs(given).state).toBe(state));

  test.each([
    ['that have it all', [[]], 'passed'],
    ['that lack a kind', [null], 'failed'],
    ['that lack who', [['who']], 'failed'],
  ])('of security events %s', (_what, lacks, state) => {
    expect(judgeSecurityEvents(lacks.map((each) => ({ kind: 'x', lacks: each }))).state).toBe(state);
  });
});

describe('limits', () => {
  const taken = { status: 200, eventsMore: 1 };
  const refused = { status: 403, eventsMore: 0 };
  const list = { allowed: taken, strange: refused, claiming: refused, rejectionsOnRecord: 2 };
  test.each([
    ['of no source', null, 'not-applicable'],
    ['that hold', list, 'passed'],
    ['that let strangers in', { ...list, strange: taken }, 'failed'],
    ['that believe anybody', { ...list, claiming: taken }, 'failed'],
    ['that let nobody in', { ...list, allowed: refused }, 'failed'],
    ['without a record', { ...list, rejectionsOnRecord: 1 }, 'failed'],
    ['with one address alone', { ...list, claiming: null }, 'unknown'],
  ])('of addresses %s', (_what, given, state) => expect(judgeAllowList(given).state).toBe(state));

  const flood = {
    called: 'a key',
    perSecond: 10,
    forMs: 10_000,
    sent: 400,
    letIn: 110,
    refused: 290,
    withoutRetryAfter: 0,
  };
  const bystander = { refused: 0, asked: 50, medianBeforeMs: 10, medianDuringMs: 20 };
  const facts = { floods: [flood], bystander };
  test.each([
    ['that hold', facts, 'passed'],
    ['that let too much in', { ...facts, floods: [{ ...flood, letIn: 120, refused: 280 }] }, 'failed'],
    ['that let too little in', { ...facts, floods: [{ ...flood, letIn: 90, refused: 310 }] }, 'failed'],
    ['that break requests', { ...facts, floods: [{ ...flood, refused: 280 }] }, 'failed'],
    ['that do not say when', { ...facts, floods: [{ ...flood, withoutRetryAfter: 1 }] }, 'failed'],
    ['that hit another team', { ...facts, bystander: { ...bystander, refused: 1 } }, 'failed'],
    [
      'on a machine that sends little',
      { ...facts, floods: [{ ...flood, sent: 140, letIn: 110, refused: 30 }] },
      'unknown',
    ],
    ['on a machine that is busy', { ...facts, bystander: { ...bystander, medianDuringMs: 900 } }, 'unknown'],
  ])('of rates %s', (_what, given, state) => expect(judgeRates(given).state).toBe(state));
});

describe('bad requests', () => {
  const answers = [{ operation: 'POST /x', kind: 'x', status: 400, tookMs: 5 }];
  const facts = { operations: 30, answers, memoryRiseBytes: 0, written: [] };
  const one = (more: object) => ({ ...facts, answers: [{ ...answers[0]!, ...more }] });
  test.each([
    ['that are refused', facts, 'passed'],
    ['that are not there', one({ status: 404 }), 'failed'],
    ['that break something', one({ status: 500 }), 'failed'],
    ['that are not answered', one({ status: null }), 'failed'],
    ['that take long', one({ tookMs: 10_001 }), 'failed'],
    ['that write', { ...facts, written: ['endpoint'] }, 'failed'],
    ['that take memory', { ...facts, memoryRiseBytes: 200 * 1024 * 1024 }, 'failed'],
    ['that are few', { ...facts, operations: 2 }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeValidation(given).state).toBe(state));
});

describe('masks', () => {
  const body = 'GET /v1/teams/{team}/events/{id}/body';
  const look = { role: 'viewer', operation: body, reveals: false, person: true, token: false };
  const reveal = { role: 'owner', operation: body, reveals: true, person: true, token: true };
  const facts = { looks: [look, reveal], revealsOnRecord: 1, foundByToken: [] };
  const also = (more: object) => ({ ...facts, looks: [...facts.looks, { ...look, ...more }] });
  test.each([
    ['over tokens', facts, 'passed'],
    ['that let a token through', also({ token: true }), 'failed'],
    ['that show a person in a list', also({ operation: 'GET /v1/teams/{team}/deliveries' }), 'failed'],
    ['that are none where events go', also({ operation: 'GET /v1/teams/{team}/feed', token: true }), 'passed'],
    ['that a search looks behind', { ...facts, foundByToken: ['viewer'] }, 'failed'],
    ['that were lifted without a record', { ...facts, revealsOnRecord: 0 }, 'failed'],
    ['over nothing', { ...facts, looks: [{ ...look, person: false }] }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeMasks(given).state).toBe(state));
});
