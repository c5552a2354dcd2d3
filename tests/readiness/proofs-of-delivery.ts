import { asIfLongAgo, inTurn, ofId, patch, type Proof, putBack, sql, takeAway, theGateway, theTeam } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

const endpoint = ofId('endpoint');
const retried = ofId('retried');
const endpointPath = ({ ids }: ReadyGateway): string => `endpoints/${ids.endpoint}`;
const oneDelivery = 'id = (SELECT id FROM delivery WHERE endpoint_id = $1 ORDER BY id LIMIT 1)';
const oneAttempt = 'delivery_id = (SELECT id FROM delivery WHERE endpoint_id = $1 ORDER BY id LIMIT 1)';
const deliveryColumns =
  'team_id, id, event_id, endpoint_id, state, attempts, owner, last_status, last_error, settled_at';

export const proofsOfDelivery: readonly Proof[] = [
  {
    check: 'delivery.retry-schedule-as-published',
    subject: retried,
    insteadOf: 'the third delay: the history here has first retries, so the first one is ten times too long',
    plant: sql(
      `UPDATE attempt SET started_at = started_at + interval '9 minutes' WHERE number = 2 AND ${oneAttempt}`,
      retried,
    ),
    mend: sql(
      `UPDATE attempt SET started_at = started_at - interval '9 minutes' WHERE number = 2 AND ${oneAttempt}`,
      retried,
    ),
  },
  {
    check: 'delivery.attempts-capped',
    subject: retried,
    plant: inTurn(
      sql(`UPDATE delivery SET state = 2 WHERE ${oneDelivery}`, retried),
      sql(
        `INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes)
          SELECT team_id, id, event_id, endpoint_id, now() + interval '1 day', 10 FROM delivery WHERE ${oneDelivery}`,
        retried,
      ),
    ),
    mend: inTurn(
      sql('DELETE FROM delivery_queue WHERE endpoint_id = $1', retried),
      sql(`UPDATE delivery SET state = 1 WHERE ${oneDelivery}`, retried),
    ),
  },
  {
    check: 'delivery.backoff-grows',
    subject: endpoint,
    plant: inTurn(patch(endpointPath, { retry: { scheduleSeconds: [60, 60, 60, 60, 60] } }), asIfLongAgo),
    mend: inTurn(patch(endpointPath, { retry: { scheduleSeconds: [60, 300, 1800, 7200] } }), asIfLongAgo),
  },
  {
    check: 'delivery.every-one-accounted-for',
    subject: theGateway,
    plant: takeAway('delivery', oneDelivery, endpoint),
    mend: putBack('delivery', deliveryColumns),
    related: ['endpoint.gets-selected-events-only'],
  },
  {
    check: 'endpoint.gets-selected-events-only',
    subject: endpoint,
    plant: sql(
      `UPDATE event SET type = 'invoice.paid.late' WHERE id = (SELECT event_id FROM delivery WHERE ${oneDelivery})`,
      endpoint,
    ),
    mend: sql(
      `UPDATE event SET type = 'invoice.paid' WHERE type = 'invoice.paid.late' AND $1::uuid IS NOT NULL`,
      endpoint,
    ),
    related: ['delivery.every-one-accounted-for'],
  },
  {
    check: 'event.identifiers-unique',
    subject: theGateway,
    plant: sql(
      `UPDATE attempt SET request_headers = replace(request_headers, 'webhook-id: evt_', 'webhook-id: evt_0') WHERE ${oneAttempt}`,
      endpoint,
    ),
    mend: sql(
      `UPDATE attempt SET request_headers = replace(request_headers, 'webhook-id: evt_0', 'webhook-id: evt_') WHERE ${oneAttempt}
        AND request_headers ~ 'webhook-id: evt_0.{26}'`,
      endpoint,
    ),
  },
  {
    check: 'endpoint.answers-within-30s',
    subject: endpoint,
    plant: sql(`UPDATE attempt SET total_ms = 31000 WHERE ${oneAttempt}`, endpoint),
    mend: sql(`UPDATE attempt SET total_ms = 10 WHERE ${oneAttempt}`, endpoint),
  },
  {
    check: 'event.publishers-use-keys',
    subject: theTeam,
    plant: async ({ api, team }) => {
      for (const idempotencyKey of ['one', 'another']) {
        const event = { type: 'invoice.paid', payload: { amount: 4711 }, idempotencyKey };
        await api.call('POST', `/v1/teams/${team}/events`, event);
      }
    },
    mend: sql(
      `WITH keys AS (DELETE FROM idempotency WHERE key IN ('one', 'another') AND team_id = $1 RETURNING event_id),
        sent AS (DELETE FROM delivery WHERE event_id IN (SELECT event_id FROM keys) RETURNING id),
        tried AS (DELETE FROM attempt WHERE delivery_id IN (SELECT id FROM sent))
       DELETE FROM event WHERE id IN (SELECT event_id FROM keys)`,
      theTeam,
    ),
  },
  {
    check: 'webhook.success-rate-tracked',
    subject: endpoint,
    insteadOf: 'the exported ratio, which is not one of endpoints: what is judged is the ledger',
    plant: sql(`UPDATE delivery SET state = 2 WHERE ${oneDelivery}`, endpoint),
    mend: sql(`UPDATE delivery SET state = 1 WHERE ${oneDelivery}`, endpoint),
  },
  {
    check: 'webhook.attempt-log-complete',
    subject: endpoint,
    plant: sql(
      `UPDATE attempt SET response_body = NULL, response_headers = 'content-length: 2' WHERE ${oneAttempt}`,
      endpoint,
    ),
    mend: sql(`UPDATE attempt SET response_body = '{}' WHERE ${oneAttempt}`, endpoint),
  },
  {
    check: 'docs.payloads.described-and-true',
    subject: theTeam,
    plant: patch(() => 'event-types/invoice.paid', {
      schema: { type: 'object', properties: { amount: { type: 'string' } }, required: ['amount'] },
      example: { amount: '1' },
    }),
    mend: patch(() => 'event-types/invoice.paid', {
      schema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
      example: { amount: 1 },
    }),
  },
  {
    check: 'compliance.retention.enforced',
    subject: theTeam,
    plant: inTurn(
      ({ pool }) =>
        pool.query(
          `CREATE TABLE event_planted PARTITION OF event FOR VALUES FROM ('01900000-0000-7000-8000-000000000000')
            TO ('01910000-0000-7000-8000-000000000000')`,
        ),
      sql(
        `INSERT INTO event (team_id, id, type, content_type, body)
          VALUES ($1, '01900000-0000-7000-8000-000000000001', 'invoice.paid', 'text/plain', '')`,
        theTeam,
      ),
    ),
    mend: ({ pool }) => pool.query('DROP TABLE event_planted'),
  },
];
