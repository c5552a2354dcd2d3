import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditAction } from '../../src/audit/audit-actions.rules.ts';
import { auditActionNames } from '../../src/audit/audit-actions.rules.ts';
import type { AuditEntry } from '../../src/audit/audit-entry.ts';
import { entryOf } from '../../src/audit/entry-hash.rules.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { registerRoutes } from '../../src/register-routes.ts';
import { planBy } from '../promotion/plans.ts';
import { createHistory, type History } from '../support/history.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Answer = { status: number; body: any; requestId: string };
type Step = { route: string; action: AuditAction; path: string; body?: object; by?: { key: string; memberId: string } };

/** What writes and is no management: the traffic that the gateway is there for, which has ledgers of its own. */
const traffic = [
  /^POST \/v1\/teams\/:team\/events(\/batch)?$/,
  /^(POST|PUT|PATCH|DELETE) \/in\/:source$/,
  /^[A-Z]+ \/egress\/:connection(\/\*)?$/,
  /^POST \/v1\/teams\/:team\/readiness\/(run|:check\/run)$/,
];
/** What only reads as HTTP has it, and shows what is masked otherwise. */
const revealing = [
  'GET /v1/teams/:team/events/:id/body',
  // Signed by the gateway: who has one is on record.
  'GET /v1/teams/:team/reviews/:review/certificate',
];

const quietDay = {
  calls: 0,
  failedCalls: 0,
  errorPercent: null,
  p50Ms: null,
  p95Ms: null,
  deliveries: 0,
  deliverySuccessPercent: null,
  deadLetters: 0,
  webhooks: 0,
  refusedWebhooks: 0,
  rejectedDocuments: 0,
  slowest: [],
  changed: [],
  crossed: [],
};

let database: TestDatabase;
let history: History;
let posthorn: PosthornProcess;
let folder: string;
const done = new Set<string>();

beforeAll(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool);
  folder = await mkdtemp(join(tmpdir(), 'posthorn-audit-'));
  await chmod(folder, 0o711);
  const env = {
    DATABASE_URL: databaseUrlOf(database.config),
    POSTHORN_LOG_LEVEL: 'warn',
    POSTHORN_SHUTDOWN_SECONDS: '2',
  };
  posthorn = await startPosthorn({ dataFolder: join(folder, 'data'), env });
}, 90_000);
afterAll(async () => {
  await posthorn.end('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Every route that the product has, from what registers them; nothing behind them is called. */
async function routeTable(): Promise<string[]> {
  const nothing: unknown = new Proxy(() => nothing, { get: () => nothing });
  const proceed = (_request: unknown, _reply: unknown, next: () => void): void => next();
  const authentication = { guard: () => proceed };
  const known: Record<string | symbol, unknown> = { authentication };
  const parts = new Proxy(known, {
    get: (_, name) => known[name] ?? nothing,
  });
  const quiet = (): void => undefined;
  const server = await createHttpServer({
    authentication,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.0.0',
  });
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push(`${each} ${url}`);
  });
  await registerRoutes(server, parts as Parameters<typeof registerRoutes>[1]);
  await server.ready();
  await server.close();
  return routes;
}

async function ask(method: string, path: string, body?: object, key = operatorKey): Promise<Answer> {
  const answer = await fetch(posthorn.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  const requestId = answer.headers.get('posthorn-request-id') ?? '';
  return { status: answer.status, body: isJson && text !== '' ? JSON.parse(text) : text, requestId };
}

async function entriesAfter(after: string): Promise<AuditEntry[]> {
  const { rows } = await database.pool.query<{ sequence: string; content: string; hash: string }>(
    `SELECT sequence, content, encode(hash, 'hex') AS hash FROM audit_entry
      WHERE xmin::text::bigint > $1 AND action <> 'api-key.first-used'`,
    [after],
  );
  return rows.map((row) => entryOf({ ...row, sequence: Number(row.sequence) }));
}
async function presentTransaction(): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>('SELECT txid_current()::text AS id');
  return rows[0]?.id ?? '';
}

/** Does one thing over HTTP, and holds the log to exactly one new entry that says who did it, to what, and by which request. */
async function recorded({ route, action, path, body, by }: Step): Promise<{ answer: Answer; entry: AuditEntry }> {
  const [method = ''] = route.split(' ');
  const before = await presentTransaction();
  const answer = await ask(method, path, body, by?.key);
  expect(answer.status, `${route}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  // What Posthorn goes on to do by itself is on record as its own.
  const entries = (await entriesAfter(before)).filter(({ actor }) => actor.kind !== 'posthorn');
  expect(
    entries.map((each) => each.action),
    route,
  ).toEqual([action]);
  const [entry] = entries as [AuditEntry];
  expect(entry, route).toMatchObject({
    actor: by === undefined ? { kind: 'operator', id: null } : { kind: 'api-key', memberId: by.memberId },
    requestId: answer.requestId,
    address: '127.0.0.1',
    outcome: 'succeeded',
  });
  const team = /\/teams\/([^/?]+)/.exec(path)?.[1] ?? (answer.body as { id: string }).id;
  expect(entry.team, route).toBe(team);
  done.add(route);
  return { answer, entry };
}

describe('every route that writes', () => {
  const planted = `planted-${randomBytes(8).toString('hex')}`;
  let team: string;
  let at: string;
  const said: AuditEntry[] = [];
  const step = async (
    route: string,
    action: AuditAction,
    path: string,
    body?: object,
    by?: Step['by'],
  ): Promise<Answer> => {
    const more = { ...(body === undefined ? {} : { body }), ...(by === undefined ? {} : { by }) };
    const { answer, entry } = await recorded({ route, action, path, ...more });
    said.push(entry);
    return answer;
  };
  const last = () => said.at(-1) as AuditEntry;

  test('of teams and api keys leaves one entry', async () => {
    const made = await step('POST /v1/teams', 'team.created', '/v1/teams', { name: 'Acme' });
    const path = `/v1/teams/${made.body.id}`;
    await step('PATCH /v1/teams/:team', 'team.updated', path, { name: 'Acme 2' });
    expect(last()).toMatchObject({ before: { name: 'Acme' }, after: { name: 'Acme 2' } });
    const keys = `${path}/api-keys`;
    const key = await step('POST /v1/teams/:team/api-keys', 'api-key.created', keys, { name: 'k', permissions: ['*'] });
    expect(last()).toMatchObject({ target: { id: key.body.id }, after: { permissions: ['*'], secretShown: true } });
    expect(JSON.stringify(last())).not.toContain(key.body.key);
    await step('DELETE /v1/teams/:team/api-keys/:apiKey', 'api-key.revoked', `${keys}/${key.body.id}`);
    await step('DELETE /v1/teams/:team', 'team.deleted', path);
    expect(last()).toMatchObject({ before: { name: 'Acme 2' }, after: null });
  });

  test('of event types and endpoints leaves one entry, and no secret', async () => {
    team = history.teamId;
    at = `/v1/teams/${team}`;
    await step('POST /v1/teams/:team/event-types', 'event-type.created', `${at}/event-types`, {
      name: 'invoice.paid',
      example: { to: planted },
    });
    const type = `${at}/event-types/invoice.paid`;
    await step('PATCH /v1/teams/:team/event-types/:name', 'event-type.updated', type, {
      example: { to: `${planted}2` },
    });
    const made = await step('POST /v1/teams/:team/endpoints', 'endpoint.created', `${at}/endpoints`, {
      url: `http://127.0.0.1:1/hook?token=${planted}`,
      eventTypes: ['*'],
      headers: { 'x-key': planted },
      status: 'paused',
    });
    expect(last()).toMatchObject({ after: { url: 'http://127.0.0.1:1/hook?token=***', headerNames: ['x-key'] } });
    const endpoint = `${at}/endpoints/${made.body.id}`;
    await step('PATCH /v1/teams/:team/endpoints/:endpoint', 'endpoint.updated', endpoint, {
      headers: { 'x-key': `${planted}3` },
      concurrency: 2,
    });
    expect(last()).toMatchObject({
      before: { concurrency: 8, headerValues: '***' },
      after: { concurrency: 2, headerValues: '***' },
    });
    const rotated = await step(
      'POST /v1/teams/:team/endpoints/:endpoint/secret/rotate',
      'endpoint.secret-rotated',
      `${endpoint}/secret/rotate`,
      { overlapSeconds: 60 },
    );
    for (const secret of [made.body.secret, rotated.body.secret]) expect(JSON.stringify(said)).not.toContain(secret);
    await step('POST /v1/teams/:team/endpoints/:id/test', 'endpoint.tested', `${endpoint}/test`, {
      eventType: 'invoice.paid',
    });
    const endpointId = made.body.id as string;
    const ended = await history.delivery({ endpointId, state: 'dead' });
    await history.delivery({ endpointId, state: 'dead' });
    await step('POST /v1/teams/:team/deliveries/:id/resend', 'delivery.resent', `${at}/deliveries/${ended}/resend`);
    const cancel = `${at}/deliveries/${ended}/cancel`;
    await step('POST /v1/teams/:team/deliveries/:id/cancel', 'delivery.cancelled', cancel);
    await step('POST /v1/teams/:team/endpoints/:id/recover', 'replay.created', `${endpoint}/recover`, {
      since: new Date(Date.now() - 60_000).toISOString(),
      states: ['succeeded'],
    });
    // Two chosen, and one page of one in a thousand seconds: it runs until it is stopped.
    for (let made3 = 0; made3 < 3; made3 += 1) await history.delivery({ endpointId, state: 'dead' });
    const replay = await step('POST /v1/teams/:team/replays', 'replay.created', `${at}/replays`, {
      filter: { endpoint: endpointId },
      ratePerSecond: 0.001,
    });
    expect(last()).toMatchObject({ after: { ratePerSecond: 0.001, filter: { endpointId } } });
    const stop = `${at}/replays/${replay.body.id}/cancel`;
    await step('POST /v1/teams/:team/replays/:id/cancel', 'replay.cancelled', stop);
    await step('DELETE /v1/teams/:team/endpoints/:endpoint', 'endpoint.deleted', endpoint);
    await step('DELETE /v1/teams/:team/event-types/:name', 'event-type.deleted', type);
  });

  test('of sources, connections and the archive leaves one entry, and no secret', async () => {
    const source = await step('POST /v1/teams/:team/sources', 'source.created', `${at}/sources`, {
      provider: 'documenso',
      name: 'Contracts',
      credentials: [{ value: planted }],
    });
    const sourcePath = `${at}/sources/${source.body.id}`;
    await step('PATCH /v1/teams/:team/sources/:source', 'source.updated', sourcePath, {
      credentials: [{ name: '1' }, { name: 'next', value: `${planted}4` }],
    });
    expect(last()).toMatchObject({
      before: { credentials: [{ name: '1' }] },
      after: { credentials: [{ name: '1' }, { name: 'next' }] },
    });
    const connection = await step('POST /v1/teams/:team/connections', 'connection.created', `${at}/connections`, {
      provider: 'documenso',
      environment: 'sandbox',
      name: 'Contracts',
      baseUrl: 'http://127.0.0.1:1/api/v2',
      selfHosted: true,
      credentials: [{ fields: { token: `api_${planted}` } }],
    });
    const connectionPath = `${at}/connections/${connection.body.id}`;
    await step('PATCH /v1/teams/:team/connections/:connection', 'connection.updated', connectionPath, {
      credentials: [{ fields: { token: `api_${planted}5` } }],
    });
    const check = 'POST /v1/teams/:team/connections/:connection/check';
    await step(check, 'connection.checked', `${connectionPath}/check`);
    const job = await step('POST /v1/teams/:team/archive', 'archive-job.created', `${at}/archive`, {
      connection: connection.body.id as string,
      subject: 'envelope_1',
    });
    const retry = `${at}/archive/jobs/${job.body.id}/retry`;
    await step('POST /v1/teams/:team/archive/jobs/:job/retry', 'archive-job.retried', retry);
    const verify = `${at}/archive/verify`;
    await step('POST /v1/teams/:team/archive/verify', 'archive.verification-requested', verify, { all: true });
    await step('DELETE /v1/teams/:team/connections/:connection', 'connection.deleted', connectionPath);
    await step('DELETE /v1/teams/:team/sources/:source', 'source.deleted', sourcePath);
  });

  test('of members and those who sign leaves one entry, and no name', async () => {
    const members = `${at}/members`;
    const owner = await step('POST /v1/teams/:team/members', 'member.added', members, {
      name: planted,
      email: 'owner@example.com',
      role: 'owner',
    });
    const member = `${members}/${owner.body.id}`;
    await step('PUT /v1/teams/:team/signers/:duty', 'signers.named', `${at}/signers/security`, {
      members: [owner.body.id as string],
    });
    const other = { name: `${planted}6`, email: 'second@example.com', role: 'owner' };
    expect((await ask('POST', members, other)).status).toBe(201);
    await step('PATCH /v1/teams/:team/members/:member', 'member.changed', member, { role: 'viewer' });
    expect(last()).toMatchObject({ before: { role: 'owner' }, after: { role: 'viewer' } });
    await step('DELETE /v1/teams/:team/members/:member', 'member.removed', member);
    expect(JSON.stringify(said)).not.toContain('@example.com');
  });

  test('of declarations leaves one entry, and no name', async () => {
    await step('PUT /v1/teams/:team/declarations', 'declarations.changed', `${at}/declarations`, {
      version: 0,
      parts: { traffic: { eventsPerSecond: 5 }, legalEntity: { name: planted, country: 'NO', identifiers: [] } },
    });
    expect(last()).toMatchObject({ before: { version: 0 }, after: { version: 1, traffic: { eventsPerSecond: 5 } } });
  });

  test('of drills leaves one entry', async () => {
    const drills = `${at}/drills`;
    const check = 'delivery.failed-ones-retried';
    const { body } = await step('POST /v1/teams/:team/drills/runs', 'drill.started', `${drills}/runs`, { check });
    const [{ id }] = body.data as [{ id: string }];
    expect(last()).toMatchObject({ after: { subjects: ['gateway'], runs: [id], pace: 1 } });
    await step('POST /v1/teams/:team/drills/runs/:run/stop', 'drill.stopped', `${drills}/runs/${id}/stop`);
    const scheduled = { check, everyHours: 24 };
    await step('PUT /v1/teams/:team/drills/schedules', 'drill.scheduled', `${drills}/schedules`, scheduled);
    expect(last()).toMatchObject({ before: null, after: { subject: 'all', everyHours: 24 } });
  });

  test('of reviews leaves one entry, and no text of a comment', async () => {
    const reviews = `${at}/reviews`;
    const made = await step('POST /v1/teams/:team/reviews', 'review.created', reviews, {
      name: 'Going live',
      checklists: ['docusign-go-live'],
      integration: {},
    });
    const review = `${reviews}/${made.body.id}`;
    await step('PATCH /v1/teams/:team/reviews/:review', 'review.updated', review, { version: 1, waiverCap: 1 });
    expect(last()).toMatchObject({ before: { waiverCap: 3 }, after: { waiverCap: 1 } });
    await step('POST /v1/teams/:team/reviews/:review/run', 'review.run', `${review}/run`);
    const check = `${review}/checks/docs.guide.each-provider-runs`;
    await step('PUT /v1/teams/:team/reviews/:review/checks/:check', 'review.assigned', check, {
      owner: null,
      dueAt: '2027-01-01T00:00:00Z',
    });
    const text = `${planted}7`;
    await step('POST /v1/teams/:team/reviews/:review/comments', 'review.commented', `${review}/comments`, { text });
  });

  test('of what people say in reviews leaves one entry under their name, and none of their words', async () => {
    const member = async (name: string): Promise<{ key: string; memberId: string }> => {
      const person = { name, email: `${name}@example.com`, role: 'developer' };
      const { id: memberId } = (await ask('POST', `${at}/members`, person)).body as { id: string };
      const key = await ask('POST', `${at}/api-keys`, { name, memberId, permissions: ['*'] });
      return { memberId, key: key.body.key as string };
    };
    const [ada, bo] = [await member('ada'), await member('bo')];
    await ask('PUT', `${at}/signers/security`, { members: [ada.memberId] });
    const checklists = ['webhook-system'];
    const made = await ask('POST', `${at}/reviews`, { name: 'Said', checklists, integration: {} });
    const review = `${at}/reviews/${made.body.id}`;

    const attestations = `${at}/attestations`;
    const files = 'POST /v1/teams/:team/attestations/files';
    const base64 = Buffer.from(planted).toString('base64');
    const file = { name: `${planted}.txt`, contentType: 'text/plain', base64 };
    await step(files, 'attestation-file.stored', `${attestations}/files`, file, ada);
    const said1 = { check: 'compliance.incident.plan-approved', proofs: [{ kind: 'text', text: `${planted} 11` }] };
    const attested = 'POST /v1/teams/:team/attestations';
    const { body } = await step(attested, 'attestation.made', attestations, { ...said1, note: planted }, ada);
    const turns = `POST /v1/teams/:team/attestations/:attestation`;
    const one = `${attestations}/${body.id}`;
    await step(`${turns}/confirm`, 'attestation.confirmed', `${one}/confirm`, undefined, bo);
    await step(`${turns}/withdraw`, 'attestation.withdrawn', `${one}/withdraw`, undefined, bo);

    const asked = async (check: string): Promise<string> => {
      const waiver = {
        check,
        reason: `${planted} 12`,
        control: `${planted} 13`,
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      };
      const route = 'POST /v1/teams/:team/reviews/:review/waivers';
      const answer = await step(route, 'waiver.requested', `${review}/waivers`, waiver, ada);
      return `${review}/waivers/${answer.body.id}`;
    };
    const [first, second] = [await asked('launch.training.completed'), await asked('launch.support.briefed')];
    const waivers = 'POST /v1/teams/:team/reviews/:review/waivers/:waiver';
    await step(`${waivers}/approve`, 'waiver.approved', `${first}/approve`, undefined, bo);
    await step(`${waivers}/refuse`, 'waiver.refused', `${second}/refuse`, undefined, bo);
    await step(`${waivers}/withdraw`, 'waiver.taken-back', `${first}/withdraw`, undefined, ada);

    const { evidenceHash } = (await ask('GET', review)).body as { evidenceHash: string };
    const signOffs = 'POST /v1/teams/:team/reviews/:review/sign-offs';
    const signature = { duty: 'security', evidenceHash, remark: planted };
    const signed = await step(signOffs, 'review.signed', `${review}/sign-offs`, signature, ada);
    const withdraw = `${review}/sign-offs/${signed.body.id}/withdraw`;
    await step(`${signOffs}/:signOff/withdraw`, 'sign-off.withdrawn', withdraw, undefined, ada);
    const certificate = 'GET /v1/teams/:team/reviews/:review/certificate';
    await step(certificate, 'certificate.issued', `${review}/certificate`);
    expect(JSON.stringify(said)).not.toContain(planted);
  });

  test('of checks and checklists of a team leaves one entry', async () => {
    const check = {
      title: 'Briefed',
      section: 'launch',
      severity: 'minor',
      evidence: `${planted}8`,
      remedy: 'Brief.',
      ttlHours: 24,
      measure: { kind: 'attestation' },
    };
    const [checks, checklists] = [`${at}/checks`, `${at}/checklists`];
    const own = { id: 'team.briefed', ...check };
    await step('POST /v1/teams/:team/checks', 'team-check.created', checks, own);
    const changed = { version: 1, ...check, severity: 'major' };
    await step('PUT /v1/teams/:team/checks/:check', 'team-check.updated', `${checks}/team.briefed`, changed);
    const list = {
      title: 'Ours',
      signoffs: [],
      items: [{ ref: '1', says: 'It is', phase: 'prepare', checks: ['team.briefed'] }],
    };
    const ours = { id: 'team-ours', ...list };
    await step('POST /v1/teams/:team/checklists', 'team-checklist.created', checklists, ours);
    const oursPath = `${checklists}/team-ours`;
    const again = { version: 1, ...list };
    await step('PUT /v1/teams/:team/checklists/:checklist', 'team-checklist.updated', oursPath, again);
    await step('DELETE /v1/teams/:team/checklists/:checklist', 'team-checklist.deleted', oursPath);
    await step('DELETE /v1/teams/:team/checks/:check', 'team-check.deleted', `${checks}/team.briefed`);
    expect(last()).toMatchObject({ after: null });
  });

  test('of promotions, launch plans and days leaves one entry, and no secret', async () => {
    const connection = await ask('POST', `${at}/connections`, {
      provider: 'documenso',
      environment: 'sandbox',
      name: 'Launch',
      baseUrl: 'http://127.0.0.1:1/api/v2',
      selfHosted: true,
      credentials: [{ fields: { token: `api_${planted}` } }],
    });
    const lead = await ask('POST', `${at}/members`, { name: 'Lead', email: 'lead@example.com', role: 'owner' });
    const deputy = await ask('POST', `${at}/members`, { name: 'Deputy', email: 'deputy@example.com', role: 'viewer' });
    const connectionId = connection.body.id as string;
    const review = await ask('POST', `${at}/reviews`, {
      name: 'Launch',
      checklists: ['documenso-production'],
      integration: { connections: [connectionId] },
    });
    const reviewPath = `${at}/reviews/${review.body.id}`;
    const plan = planBy([lead.body.id as string, deputy.body.id as string], connectionId, Date.now());
    await step('PUT /v1/teams/:team/reviews/:review/launch-plan', 'launch-plan.set', `${reviewPath}/launch-plan`, {
      version: 0,
      plan,
    });
    await step('PUT /v1/teams/:team/freeze-windows', 'freeze-windows.set', `${at}/freeze-windows`, { windows: [] });
    const promotion = await step('POST /v1/teams/:team/promotions', 'promotion.started', `${at}/promotions`, {
      review: review.body.id as string,
      connection: connectionId,
      production: {
        baseUrl: 'http://127.0.0.1:2/api/v2',
        selfHosted: true,
        credentials: [{ fields: { token: `api_${planted}9` } }],
      },
      override: { reason: 'To see what is on record.' },
    });
    const shown = `${at}/promotions/${promotion.body.id}`;
    expect(last()).toMatchObject({ after: { state: 'preparing', override: { reason: 'To see what is on record.' } } });
    await until('nothing to answer there, and the way back', async () => {
      return (await ask('GET', shown)).body.state === 'rolled-back';
    });
    const key = [team, promotion.body.id as string, review.body.id as string].map(uuidFromId);
    await database.pool.query(`UPDATE promotion SET state = 'live' WHERE team_id = $1 AND id = $2`, key.slice(0, 2));
    await database.pool.query(
      `INSERT INTO promotion_credential (team_id, promotion_id, id, part, name, kind, sealed)
         SELECT team_id, $2, id, 'former', name, kind, sealed FROM connection_credential
           WHERE team_id = $1 AND connection_id = $3`,
      [key[0], key[1], uuidFromId(connectionId)],
    );
    const back = `${shown}/roll-back`;
    await step('POST /v1/teams/:team/promotions/:promotion/roll-back', 'promotion.rolled-back', back, {
      reason: 'Tried.',
    });
    await database.pool.query(
      `WITH w AS (INSERT INTO watch (team_id, review_id, started_at, next_at) VALUES ($1, $2, now(), now() + interval '9 days'))
       INSERT INTO watch_day (team_id, review_id, day, summary) VALUES ($1, $2, '2026-11-21', $3)`,
      [key[0], key[2], JSON.stringify(quietDay)],
    );
    const day = `${reviewPath}/days/2026-11-21`;
    await step('POST /v1/teams/:team/reviews/:review/days/:date/open', 'watch-day.opened', `${day}/open`);
    const note = { note: `${planted}10` };
    await step('POST /v1/teams/:team/reviews/:review/days/:date/close', 'watch-day.closed', `${day}/close`, note);
  });

  test('and the one that reveals, leaves one entry', async () => {
    const event = await history.event({ body: '{}' });
    const [route = ''] = revealing;
    await step(route, 'event.revealed', `${at}/events/${event}/body?reveal=true`);
    expect(last()).toMatchObject({ target: { kind: 'event', id: event } });
    const before = await presentTransaction();
    expect((await ask('GET', `${at}/events/${event}/body`)).status).toBe(200);
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
    const [own, other] = [history.teamId, (await createHistory(database.pool)).teamId];
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
    const uses = await database.pool.query(
      `SELECT FROM audit_entry WHERE action = 'api-key.first-used' AND target_id = $1`,
      [id],
    );
    expect(uses.rowCount).toBe(1);
  });

  test('what is refused or fails before it changes anything leaves none', async () => {
    const before = await presentTransaction();
    expect((await ask('DELETE', `${at}/endpoints/ep_01kajxkkj8ffkr1g8xs6a3ek0r`)).status).toBe(404);
    expect((await ask('POST', `${at}/endpoints`, { url: 'nonsense', eventTypes: ['*'] })).status).toBe(422);
    expect((await ask('POST', '/v1/teams', {})).status).toBe(400);
    expect(await entriesAfter(before)).toEqual([]);
  });
});
