/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-assignment -- answers are JSON of every shape */
import { expect, test } from 'vitest';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { planBy } from '../promotion/plans.ts';
import { until } from '../support/until.ts';
import type { WriteStand } from './write-stand.ts';

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

/** What proves readiness: drills, reviews, what people say in them, checks of a team, and promotions. */
export function testWritesOfProving(stand: WriteStand): void {
  const { step, last, said, ask, planted } = stand;

  test('of deployments, and of runs of verification, leaves one entry, and no line', async () => {
    const line = { name: 'API answers', subject: null, state: 'FAIL', detail: `${planted}14` };
    const run = { release: '1.0.0', exitCode: 1, tookMs: 900, lines: [line] };
    const verifications = `${stand.at}/verifications`;
    await step('POST /v1/teams/:team/verifications', 'verification.recorded', verifications, run);
    expect(last()).toMatchObject({ before: null, after: { release: '1.0.0', exitCode: 1 } });
    const deployments = `${stand.at}/deployments`;
    await step('POST /v1/teams/:team/deployments', 'deployment.recorded', deployments, { release: '1.0.0' });
    expect(last()).toMatchObject({ before: null, after: { release: '1.0.0', environment: 'production' } });
  });

  test('of drills leaves one entry', async () => {
    const drills = `${stand.at}/drills`;
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
    const reviews = `${stand.at}/reviews`;
    const made = await step('POST /v1/teams/:team/reviews', 'review.created', reviews, {
      name: 'Going live',
      checklists: ['docusign-go-live'],
      integration: {},
    });
    const review = `${reviews}/${made.body.id}`;
    await step('PATCH /v1/teams/:team/reviews/:review', 'review.updated', review, { version: 1, waiverCap: 1 });
    expect(last()).toMatchObject({ before: { waiverCap: 3 }, after: { waiverCap: 1 } });
    const closing = { version: 2, status: 'closed' };
    await step('PATCH /v1/teams/:team/reviews/:review', 'review.status-set', review, closing);
    expect(last()).toMatchObject({ before: { status: 'open' }, after: { status: 'closed' } });
    await step('PATCH /v1/teams/:team/reviews/:review', 'review.status-set', review, { version: 3, status: 'open' });
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
      const { id: memberId } = (await ask('POST', `${stand.at}/members`, person)).body as { id: string };
      const key = await ask('POST', `${stand.at}/api-keys`, { name, memberId, permissions: ['*'] });
      return { memberId, key: key.body.key as string };
    };
    const [ada, bo] = [await member('ada'), await member('bo')];
    await ask('PUT', `${stand.at}/signers/security`, { members: [ada.memberId] });
    const checklists = ['webhook-system'];
    const made = await ask('POST', `${stand.at}/reviews`, { name: 'Said', checklists, integration: {} });
    const review = `${stand.at}/reviews/${made.body.id}`;

    const attestations = `${stand.at}/attestations`;
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
    const [checks, checklists] = [`${stand.at}/checks`, `${stand.at}/checklists`];
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
    const connection = await ask('POST', `${stand.at}/connections`, {
      provider: 'documenso',
      environment: 'sandbox',
      name: 'Launch',
      baseUrl: 'http://127.0.0.1:1/api/v2',
      selfHosted: true,
      credentials: [{ fields: { token: `api_${planted}` } }],
    });
    const lead = await ask('POST', `${stand.at}/members`, { name: 'Lead', email: 'lead@example.com', role: 'owner' });
    const deputy = await ask('POST', `${stand.at}/members`, {
      name: 'Deputy',
      email: 'deputy@example.com',
      role: 'viewer',
    });
    const connectionId = connection.body.id as string;
    const review = await ask('POST', `${stand.at}/reviews`, {
      name: 'Launch',
      checklists: ['documenso-production'],
      integration: { connections: [connectionId] },
    });
    const reviewPath = `${stand.at}/reviews/${review.body.id}`;
    const plan = planBy([lead.body.id as string, deputy.body.id as string], connectionId, Date.now());
    await step('PUT /v1/teams/:team/reviews/:review/launch-plan', 'launch-plan.set', `${reviewPath}/launch-plan`, {
      version: 0,
      plan,
    });
    await step('PUT /v1/teams/:team/freeze-windows', 'freeze-windows.set', `${stand.at}/freeze-windows`, {
      windows: [],
    });
    const promotion = await step('POST /v1/teams/:team/promotions', 'promotion.started', `${stand.at}/promotions`, {
      review: review.body.id as string,
      connection: connectionId,
      production: {
        baseUrl: 'http://127.0.0.1:2/api/v2',
        selfHosted: true,
        credentials: [{ fields: { token: `api_${planted}9` } }],
      },
      override: { reason: 'To see what is on record.' },
    });
    const shown = `${stand.at}/promotions/${promotion.body.id}`;
    expect(last()).toMatchObject({ after: { state: 'preparing', override: { reason: 'To see what is on record.' } } });
    await until('nothing to answer there, and the way back', async () => {
      return (await ask('GET', shown)).body.state === 'rolled-back';
    });
    const key = [stand.team, promotion.body.id as string, review.body.id as string].map(uuidFromId);
    await stand.database.pool.query(
      `UPDATE promotion SET state = 'live' WHERE team_id = $1 AND id = $2`,
      key.slice(0, 2),
    );
    await stand.database.pool.query(
      `INSERT INTO promotion_credential (team_id, promotion_id, id, part, name, kind, sealed)
         SELECT team_id, $2, id, 'former', name, kind, sealed FROM connection_credential
           WHERE team_id = $1 AND connection_id = $3`,
      [key[0], key[1], uuidFromId(connectionId)],
    );
    const back = `${shown}/roll-back`;
    await step('POST /v1/teams/:team/promotions/:promotion/roll-back', 'promotion.rolled-back', back, {
      reason: 'Tried.',
    });
    await stand.database.pool.query(
      `WITH w AS (INSERT INTO watch (team_id, review_id, started_at, next_at) VALUES ($1, $2, now(), now() + interval '9 days'))
       INSERT INTO watch_day (team_id, review_id, day, summary) VALUES ($1, $2, '2026-11-21', $3)`,
      [key[0], key[2], JSON.stringify(quietDay)],
    );
    await stand.database.pool.query(
      `UPDATE promotion SET state = 'live' WHERE team_id = $1 AND id = $2`,
      key.slice(0, 2),
    );
    await stand.database.pool.query(`UPDATE review SET status = 'reopened' WHERE team_id = $1 AND id = $2`, [
      key[0],
      key[2],
    ]);
    await step('POST /v1/teams/:team/reviews/:review/resume', 'review.status-set', `${reviewPath}/resume`, {
      note: 'Mended.',
      override: { reason: 'To see what is on record.' },
    });
    const day = `${reviewPath}/days/2026-11-21`;
    await step('POST /v1/teams/:team/reviews/:review/days/:date/open', 'watch-day.opened', `${day}/open`);
    const note = { note: `${planted}10` };
    await step('POST /v1/teams/:team/reviews/:review/days/:date/close', 'watch-day.closed', `${day}/close`, note);
  });
}
