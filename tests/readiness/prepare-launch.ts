import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { loadCatalogue } from '../../src/readiness/load-catalogue.ts';
import { planBy } from '../promotion/plans.ts';
import { until } from '../support/until.ts';
import type { ReadyGateway } from './ready-gateway.ts';

/** What DocuSign's production says from now on. */
export const docusignSays = {
  refusesKey: false,
  hasTemplate: true,
  promoterIsAdmin: true,
  plan: 'Personal - Annual',
};

export const docusignAccount = '0b3d4c5e-1111-4222-8333-944445555666';
const promoterId = '7a1b2c3d-1111-4222-8333-944445555666';
const twin = '9c1b2c3d-1111-4222-8333-944445555666';

/** What the launch is about: ids, made when it was prepared. */
export type PreparedLaunch = {
  connection: string;
  /** Promoted and watched; and the one that is still decided on. */
  live: string;
  next: string;
  stepOwner: string;
};
const prepared = new WeakMap<ReadyGateway, PreparedLaunch>();
export const launchOf = (gateway: ReadyGateway): PreparedLaunch => prepared.get(gateway) as PreparedLaunch;

/** The part of the world that launches ask: undefined where anybody else answers. */
export function answerForLaunch(asked: { host: string; path: string }): { status: number; body: unknown } | undefined {
  if (docusignSays.refusesKey && asked.host === 'account.docusign.com') {
    return { status: 400, body: { error: 'consent_required' } };
  }
  if (asked.host !== 'eu.docusign.net') return undefined;
  if (docusignSays.refusesKey) return { status: 401, body: { errorCode: 'AUTHORIZATION_INVALID_TOKEN' } };
  if (asked.path.endsWith(`/accounts/${docusignAccount}`)) return { status: 200, body: accountRecord() };
  if (asked.path.includes('/users')) {
    const user = { userId: promoterId, userStatus: 'Active', isAdmin: docusignSays.promoterIsAdmin ? 'True' : 'False' };
    return { status: 200, body: { users: [user], totalSetSize: '1' } };
  }
  if (asked.path.includes('/templates/')) {
    return docusignSays.hasTemplate
      ? { status: 200, body: { templateId: twin } }
      : { status: 404, body: { errorCode: 'TEMPLATE_ID_INVALID' } };
  }
  return undefined;
}

/** As DocuSign writes it: every value is a text. */
const accountRecord = (): object => ({
  accountIdGuid: docusignAccount,
  planName: docusignSays.plan,
  planClassification: 'business',
  paymentMethod: 'CreditCard',
  suspensionStatus: '',
  envelopeSendingBlocked: 'false',
  billingPeriodEnvelopesAllowed: '1200',
  billingPeriodEnvelopesSent: '100',
  billingPeriodDaysRemaining: '200',
});

const newKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
const jwt = (privateKey: string, integrationKey: string, userId: string) => ({
  kind: 'docusign-jwt',
  fields: { integrationKey, userId, privateKey },
});

/** One review whose connection was promoted and is watched, and one that everybody has signed. */
export async function prepareLaunch(gateway: ReadyGateway, docusign: { connectKey: string }): Promise<void> {
  const { api, team, ids } = gateway;
  const at = (path: string): string => `/v1/teams/${team}/${path}`;
  const addMember = async (name: string, role: string): Promise<string> => {
    const body = { name, email: `${name}@launch.example.com`, role };
    return (await api.call<{ id: string }>('POST', at('members'), body)).id;
  };
  const owner = await addMember('lead', 'developer');
  const deputy = await addMember('deputy', 'developer');
  const stepOwner = await addMember('step', 'developer');
  const [integrationKey, userId] = [randomUUID(), randomUUID()];
  const { id: connection } = await api.call<{ id: string }>('POST', at('connections'), {
    provider: 'docusign',
    environment: 'sandbox',
    name: 'launch',
    sources: [ids.docusignSource],
    options: { accountId: docusignAccount },
    policy: { budget: { limits: [{ name: 'calls', limit: 2_000, windowMs: 60_000 }] } },
    credentials: [jwt(newKey(), integrationKey, userId)],
  });
  const integration = { sources: [ids.docusignSource], endpoints: [], connections: [connection] };
  const makeReview = async (name: string): Promise<string> => {
    const body = { name, checklists: ['docusign-go-live'], integration };
    return (await api.call<{ id: string }>('POST', at('reviews'), body)).id;
  };
  const [live, next] = [await makeReview('live'), await makeReview('next')];
  const nowMs = Date.now();
  const days = (count: number): string => new Date(nowMs + count * 86_400_000).toISOString();
  const whole = planBy([owner, deputy], connection, nowMs + 86_400_000, {
    criteria: { checksPercent: 50, waiversMost: 5, decides: owner },
    requirements: [{ demand: 'peak', checks: ['load.declared-peak-carried'] }],
    duties: [{ name: 'disaster exercise', check: 'launch.plan.complete', everyDays: 92, owner, nextAt: days(60) }],
    carriedOver: { templates: [{ sandbox: randomUUID(), production: twin }] },
    retrospective: { at: days(10), minutes: null },
  });
  const plan = {
    ...whole,
    steps: whole.steps.map((step) => ({ ...step, owner: stepOwner })),
    phases: whole.phases.map((phase) => ({ ...phase, everyMinutes: 10_080 })),
  };
  for (const review of [live, next]) await api.call('PUT', at(`reviews/${review}/launch-plan`), { version: 0, plan });
  const { from, until: ends } = plan.window;
  await api.call('PUT', at('freeze-windows'), { windows: [{ from, until: ends, reason: 'The launch' }] });

  const promotion = await api.call<{ id: string }>('POST', at('promotions'), {
    review: live,
    connection,
    production: {
      options: { accountId: docusignAccount },
      credentials: [jwt(newKey(), integrationKey, userId)],
    },
    promoter: { userId: promoterId },
    override: { reason: 'The stand is to be live.' },
  });
  await until('the promotion to be live', async () => {
    const { state, because } = await api.call<{ state: string; because: string }>(
      'GET',
      at(`promotions/${promotion.id}`),
    );
    if (because !== null) throw new Error(because);
    return state === 'live';
  });
  const told = { accountId: docusignAccount, envelopeId: randomUUID() };
  const body = JSON.stringify({ event: 'envelope-sent', generatedDateTime: new Date().toISOString(), data: told });
  const signature = createHmac('sha256', docusign.connectKey).update(body).digest('base64');
  await gateway.postSigned(ids.docusignSource, body, 'x-docusign-signature-1', signature);
  // As many as checks of traffic need: each evaluation makes a few more.
  for (let made = 0; made < 110; made += 1) await gateway.call(connection, `/v2.1/accounts/${docusignAccount}`);
  await plantPast(gateway, { live, next, owner });
  await until('the first look to be on record', async () => {
    const { rows } = await gateway.pool.query<{ done: boolean }>(
      `SELECT (SELECT count(*) FROM watch_look) > 0 AND (SELECT count(*) FROM call WHERE outcome = 0) = 0
        AND (SELECT count(*) FROM delivery_queue) = 0 AS done`,
    );
    return rows[0]?.done;
  });
  prepared.set(gateway, { connection, live, next, stepOwner });
}

const evidenceHash = 'a'.repeat(64);

/** Days that were looked at, signatures, and how both reviews stood when they were measured. */
async function plantPast(
  { pool, team, api }: ReadyGateway,
  of: { live: string; next: string; owner: string },
): Promise<void> {
  const ids = createIdSource({ now: Date.now });
  const [teamUuid, liveUuid, nextUuid] = [team, of.live, of.next].map(uuidFromId);
  await pool.query(`UPDATE watch SET started_at = now() - interval '10 days' WHERE team_id = $1 AND review_id = $2`, [
    teamUuid,
    liveUuid,
  ]);
  await pool.query(
    `INSERT INTO watch_day (team_id, review_id, day, summary, opened_by, opened_at, closed_by, closed_at, note)
       SELECT $1, $2, d::date, '{"crossed": []}', $3, d + interval '1 day', $3, d + interval '30 hours', 'Nothing was out of line.'
         FROM generate_series((now() AT TIME ZONE 'UTC')::date - 10, (now() AT TIME ZONE 'UTC')::date - 1, interval '1 day') d
     ON CONFLICT DO NOTHING`,
    [teamUuid, liveUuid, of.owner],
  );
  for (const duty of ['engineering', 'security', 'operations', 'product', 'quality']) {
    const body = { name: `signs for ${duty}`, email: `${duty}@launch.example.com`, role: 'auditor' };
    const { id } = await api.call<{ id: string }>('POST', `/v1/teams/${team}/members`, body);
    await api.call('PUT', `/v1/teams/${team}/signers/${duty}`, { members: [id] });
    await pool.query(
      `INSERT INTO sign_off (team_id, id, review_id, duty, member_id, evidence_hash, evidence_set, signed_at)
         VALUES ($1, $2, $3, $4, $5, $6, '{}', now())`,
      [teamUuid, uuidFromId(ids.next('sgn')), nextUuid, duty, uuidFromId(id), evidenceHash],
    );
  }
  await plantStands(pool, ids, {
    team: teamUuid ?? '',
    reviews: [liveUuid ?? '', nextUuid ?? ''],
    owner: uuidFromId(of.owner),
  });
}

async function plantStands(
  pool: ReadyGateway['pool'],
  ids: ReturnType<typeof createIdSource>,
  of: { team: string; reviews: string[]; owner: string },
): Promise<void> {
  const { team, reviews, owner } = of;
  const [attestation, evidence] = [ids.next('ats'), ids.next('evd')];
  await pool.query(
    `INSERT INTO attestation (team_id, id, check_id, subject_kind, subject_id, author, proofs, attested_at, expires_at)
       VALUES ($1, $2, 'compliance.privacy.lawful-basis', 'organisation', 'organisation', $3, '[]', now(), now() + interval '90 days')`,
    [team, uuidFromId(attestation), owner],
  );
  await pool.query(
    `INSERT INTO evidence (team_id, id, check_id, subject_kind, subject_id, finding, measured_at, expires_at, collector_version,
       release, environment, configuration_digest, hash)
     VALUES ($1, $2, 'planted.evidence', 'gateway', 'gateway', '{}', now(), now() + interval '30 days', 1, '0', 'production', '', $3)`,
    [team, uuidFromId(evidence), evidenceHash],
  );
  const answers = Object.fromEntries(loadCatalogue().scope.questions.map(({ id }) => [id, true]));
  for (const review of reviews) {
    const waivers = await Promise.all(
      ['api-key.scoped-and-expiring', 'api-key.unused-ones-revoked', 'secret.strong-and-unique'].map(
        async (checkId) => {
          const id = ids.next('wvr');
          await pool.query(
            `INSERT INTO waiver (team_id, id, review_id, check_id, subject_kind, subject_id, requested_by, owner, reason, control,
             requested_at, expires_at) VALUES ($1, $2, $3, $4, 'team', 'team', $5, $5, 'planted', 'planted', now(), now() + interval '60 days')`,
            [team, uuidFromId(id), review, checkId, owner],
          );
          return { checkId, id };
        },
      ),
    );
    const check = (checkId: string, state: string, basis: string | null = null) => ({
      checkId,
      subject: { kind: 'gateway', id: 'gateway' },
      state,
      basis,
    });
    const checks = [
      check('transport.endpoints-https-only', 'passed'),
      check('delivery.every-one-accounted-for', 'passed'),
      check('load.declared-peak-carried', 'passed'),
      check('compliance.privacy.lawful-basis', 'attested', attestation),
      ...waivers.map(({ checkId, id }, index) =>
        check(checkId, index < 2 ? 'waived' : 'passed', index < 2 ? id : null),
      ),
    ];
    // The last of all ids: what the gateway measures meanwhile is older.
    await pool.query(
      `INSERT INTO review_snapshot (team_id, review_id, id, taken_at, confirmed_at, taken_by, evidence_hash, passed, evidence_set,
         evidence_ids) VALUES ($1, $2, 'ffffffff-ffff-7fff-bfff-ffffffffffff', now(), now(), 'posthorn', $3, false, $4, $5)`,
      [
        team,
        review,
        evidenceHash,
        JSON.stringify({ checks }),
        JSON.stringify({ 'transport.endpoints-https-only gateway': evidence }),
      ],
    );
    await pool.query('UPDATE review SET answers = $3 WHERE team_id = $1 AND id = $2', [
      team,
      review,
      JSON.stringify(answers),
    ]);
  }
}
