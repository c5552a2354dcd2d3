import { uuidFromId } from '../../src/ids/id.rules.ts';
import { until } from '../support/until.ts';
import { inTurn, ofId, patch, type Proof, sql, theTeam } from './proof.ts';
import { docusignAccount, docusignSays, launchOf, type PreparedLaunch } from './prepare-launch.ts';
import type { ReadyGateway } from './ready-gateway.ts';

const of =
  (name: keyof PreparedLaunch) =>
  (gateway: ReadyGateway): string =>
    launchOf(gateway)[name];
const connection = of('connection');
const says = (change: Partial<typeof docusignSays>) => (): Promise<unknown> =>
  Promise.resolve(Object.assign(docusignSays, change));

const accountIs = (accountId: string) =>
  patch((gateway) => `connections/${connection(gateway)}`, { options: { accountId } });

/** Changes the newest plan of a review where it lies. */
const plan = (change: string, review: 'live' | 'next' = 'live') =>
  sql(
    `UPDATE launch_plan l SET plan = ${change} WHERE review_id = $1
      AND version = (SELECT max(version) FROM launch_plan x WHERE x.review_id = l.review_id)`,
    of(review),
  );
/** A change of the plan, and the plan as it was. */
const planned = (change: string, review: 'live' | 'next' = 'live') => {
  const before = new Map<string, unknown>();
  const where = `review_id = $1 AND version = (SELECT max(version) FROM launch_plan x WHERE x.review_id = launch_plan.review_id)`;
  return {
    plant: async (gateway: ReadyGateway): Promise<void> => {
      const id = uuidFromId(of(review)(gateway));
      const { rows } = await gateway.pool.query<{ plan: unknown }>(`SELECT plan FROM launch_plan WHERE ${where}`, [id]);
      before.set(id, rows[0]?.plan);
      await plan(change, review)(gateway);
    },
    mend: async (gateway: ReadyGateway): Promise<void> => {
      const id = uuidFromId(of(review)(gateway));
      await gateway.pool.query(`UPDATE launch_plan SET plan = $2 WHERE ${where}`, [id, JSON.stringify(before.get(id))]);
    },
  };
};
/** How a check stood at the newest snapshot of the review that is decided on. */
const stood = (checkId: string, state: string) =>
  sql(
    `UPDATE review_snapshot SET evidence_set = jsonb_set(evidence_set, '{checks}', (SELECT jsonb_agg(
        CASE WHEN c ->> 'checkId' = '${checkId}' THEN c || '{"state": "${state}"}' ELSE c END)
        FROM jsonb_array_elements(evidence_set -> 'checks') c))
      WHERE review_id = $1 AND id = 'ffffffff-ffff-7fff-bfff-ffffffffffff'`,
    of('next'),
  );
const firstDay = `review_id = $1 AND day = (SELECT min(day) FROM watch_day x WHERE x.review_id = watch_day.review_id)`;
const eighthDay = `review_id = $1 AND day = (SELECT min(day) + 7 FROM watch_day x WHERE x.review_id = watch_day.review_id)`;

export const proofsOfLaunch: readonly Proof[] = [
  {
    check: 'docusign.promotion.key-accepted',
    subject: connection,
    plant: says({ refusesKey: true }),
    // A refusal is remembered for half a minute, and forgotten with the credential that was refused.
    mend: inTurn(says({ refusesKey: false }), accountIs(''), accountIs(docusignAccount), (gateway) =>
      until('the key to be accepted', async () => {
        const path = `/v2.1/accounts/${docusignAccount}`;
        return (await gateway.call(connection(gateway), path)) === 200;
      }),
    ),
    related: [
      'docusign.account.not-trial',
      'docusign.account.promoter-is-admin',
      'docusign.production.items-carried-over',
    ],
  },
  {
    check: 'docusign.account.not-trial',
    subject: connection,
    plant: says({ plan: 'DocuSign Free Trial' }),
    mend: says({ plan: 'Personal - Annual' }),
  },
  {
    check: 'docusign.account.promoter-is-admin',
    subject: connection,
    plant: says({ promoterIsAdmin: false }),
    mend: says({ promoterIsAdmin: true }),
  },
  {
    check: 'docusign.production.items-carried-over',
    subject: connection,
    plant: says({ hasTemplate: false }),
    mend: says({ hasTemplate: true }),
  },
  {
    check: 'launch.criteria.go-no-go',
    subject: theTeam,
    plant: async (gateway) => {
      const path = `/v1/teams/${gateway.team}/reviews/${of('next')(gateway)}/launch-plan`;
      const { plan: before } = await gateway.api.call<{ plan: { thresholds: { limit: number }[] } }>('GET', path);
      const thresholds = before.thresholds.map((each, index) =>
        index === 0 ? { ...each, limit: each.limit + 10 } : each,
      );
      await gateway.api.call('PUT', path, { version: 1, plan: { ...before, thresholds } });
    },
    mend: sql('DELETE FROM launch_plan WHERE review_id = $1 AND version = 2', of('next')),
  },
  {
    check: 'launch.plan.complete',
    subject: theTeam,
    plant: sql('UPDATE member SET removed_at = now() WHERE id = $1', of('stepOwner')),
    mend: sql('UPDATE member SET removed_at = NULL WHERE id = $1', of('stepOwner')),
  },
  {
    check: 'launch.rollback.criteria-armed',
    subject: theTeam,
    ...planned(`plan #- '{thresholds,0}'`),
  },
  {
    check: 'launch.issues.none-critical',
    subject: theTeam,
    insteadOf: 'an issue of a tracker, which none is linked: a blocker of the review that failed',
    plant: stood('delivery.every-one-accounted-for', 'failed'),
    mend: stood('delivery.every-one-accounted-for', 'passed'),
  },
  {
    check: 'launch.requirements.performance-met',
    subject: theTeam,
    ...planned(`jsonb_set(plan, '{requirements,0,checks}', '[]')`),
  },
  {
    check: 'launch.requirements.security-met',
    subject: theTeam,
    plant: stood('secret.strong-and-unique', 'waived'),
    mend: stood('secret.strong-and-unique', 'passed'),
  },
  {
    check: 'launch.requirements.compliance-met',
    subject: theTeam,
    insteadOf: 'another country: an answer that was taken back, after which attestations are not for these answers',
    plant: sql(`UPDATE review SET answers = answers - 'countryRules' WHERE id = $1`, of('next')),
    mend: sql(`UPDATE review SET answers = answers || '{"countryRules": true}' WHERE id = $1`, of('next')),
  },
  {
    check: 'launch.evidence.fresh-at-start',
    subject: theTeam,
    plant: sql(`UPDATE evidence SET expires_at = now() + interval '26 hours' WHERE check_id = 'planted.evidence'`),
    mend: sql(`UPDATE evidence SET expires_at = now() + interval '30 days' WHERE check_id = 'planted.evidence'`),
  },
  {
    check: 'launch.signoff.five-roles',
    subject: theTeam,
    plant: sql(
      `UPDATE review_snapshot SET evidence_hash = repeat('b', 64) WHERE review_id = $1 AND evidence_hash = repeat('a', 64)`,
      of('next'),
    ),
    mend: sql(
      `UPDATE review_snapshot SET evidence_hash = repeat('a', 64) WHERE review_id = $1 AND evidence_hash = repeat('b', 64)`,
      of('next'),
    ),
  },
  {
    check: 'launch.day.webhooks-confirmed',
    subject: ofId('docusignSource'),
    insteadOf: 'nothing but tests, which look like any other webhook: nothing at all since the promotion',
    plant: sql(`UPDATE promotion SET switched_at = switched_at + interval '1 day' WHERE review_id = $1`, of('live')),
    mend: sql(`UPDATE promotion SET switched_at = switched_at - interval '1 day' WHERE review_id = $1`, of('live')),
  },
  {
    check: 'launch.watch.plan-scheduled',
    subject: theTeam,
    ...planned(`plan #- '{phases,1}'`),
  },
  {
    check: 'launch.rampup.gradual',
    subject: connection,
    plant: patch((gateway) => `connections/${connection(gateway)}`, { policy: { budget: { limits: [] } } }),
    mend: patch((gateway) => `connections/${connection(gateway)}`, {
      policy: { budget: { limits: [{ name: 'calls', limit: 2_000, windowMs: 60_000 }] } },
    }),
  },
  {
    check: 'launch.first-week.daily-review',
    subject: theTeam,
    plant: sql(`UPDATE watch_day SET closed_at = NULL WHERE ${firstDay}`, of('live')),
    mend: sql(`UPDATE watch_day SET closed_at = opened_at + interval '6 hours' WHERE ${firstDay}`, of('live')),
  },
  {
    check: 'launch.weeks-1-4.success-watched-daily',
    subject: theTeam,
    plant: sql(`UPDATE watch_day SET opened_at = NULL WHERE ${eighthDay}`, of('live')),
    mend: sql(`UPDATE watch_day SET opened_at = day + interval '1 day' WHERE ${eighthDay}`, of('live')),
  },
  {
    check: 'launch.review.held',
    subject: theTeam,
    ...planned(`jsonb_set(plan, '{retrospective,at}', to_jsonb(now() - interval '1 hour'))`),
  },
  {
    check: 'launch.ongoing.duties-on-time',
    subject: theTeam,
    ...planned(`jsonb_set(plan, '{duties,0,nextAt}', to_jsonb(now() + interval '120 days'))`),
  },
];
