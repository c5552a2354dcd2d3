import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asIfLongAgo, configured, inTurn, ofId, patch, type Proof, sql, theGateway, theTeam } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

const endpoint = ofId('endpoint');
/** One that stands in the documentation of Standard Webhooks. */
const sample = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const rotate =
  (path: (gateway: ReadyGateway) => string, body: object) =>
  ({ api, team, ...gateway }: ReadyGateway): Promise<unknown> =>
    api.call('POST', `/v1/teams/${team}/endpoints/${path({ api, team, ...gateway })}/secret/rotate`, {
      overlapSeconds: 0,
      ...body,
    });
const served =
  (change: (document: { paths: Record<string, unknown> }, page: string) => string) => (gateway: ReadyGateway) => {
    gateway.rewrite.served = (text, path) =>
      path === '/openapi.json' ? change(JSON.parse(text) as { paths: Record<string, unknown> }, text) : text;
    return Promise.resolve();
  };
const servedAsItIs = (gateway: ReadyGateway): Promise<void> => {
  gateway.rewrite.served = (text) => text;
  return Promise.resolve();
};
let madeKey = '';
let definition = '';

export const proofsOfSettings: readonly Proof[] = [
  {
    check: 'api-key.scoped-and-expiring',
    subject: theTeam,
    plant: async ({ api, team }) => {
      const made = await api.call<{ id: string }>('POST', `/v1/teams/${team}/api-keys`, {
        name: 'wide',
        permissions: ['*'],
      });
      madeKey = made.id;
    },
    mend: ({ api, team }) => api.ask('DELETE', `/v1/teams/${team}/api-keys/${madeKey}`),
    related: ['network.rate-limits-fit-traffic'],
  },
  {
    check: 'secret.strong-and-unique',
    subject: endpoint,
    plant: inTurn(rotate(endpoint, { secret: sample }), rotate(ofId('retried'), { secret: sample }), asIfLongAgo),
    mend: inTurn(rotate(endpoint, {}), rotate(ofId('retried'), {}), asIfLongAgo),
  },
  {
    check: 'transport.endpoints-https-only',
    subject: endpoint,
    plant: sql(`UPDATE endpoint SET url = 'http://receiver.example.com/hook' WHERE id = $1`, endpoint),
    mend: sql(`UPDATE endpoint SET url = 'https://receiver.example.com/hook' WHERE id = $1`, endpoint),
    related: ['audit.webhook-changes-traceable'],
  },
  {
    check: 'network.no-tunnel-addresses',
    subject: theTeam,
    plant: inTurn(
      patch(({ ids }) => `endpoints/${ids.endpoint}`, { url: 'https://abc.ngrok.io/hook' }),
      asIfLongAgo,
    ),
    mend: inTurn(
      patch(({ ids }) => `endpoints/${ids.endpoint}`, { url: 'https://receiver.example.com/hook' }),
      asIfLongAgo,
    ),
  },
  {
    check: 'secret.comes-from-manager',
    subject: theGateway,
    plant: ({ workingFolder, environment }) =>
      writeFile(join(workingFolder, '.env'), `POSTHORN_MASTER_KEY=${environment['POSTHORN_MASTER_KEY'] ?? ''}\n`),
    mend: ({ workingFolder }) => rm(join(workingFolder, '.env')),
  },
  {
    check: 'deployment.production.hardened-mode',
    subject: theGateway,
    plant: configured('POSTHORN_ALLOW_NETWORKS', '127.0.0.0/8'),
    mend: configured('POSTHORN_ALLOW_NETWORKS', undefined),
  },
  {
    check: 'log.level-set-for-production',
    subject: theGateway,
    plant: configured('POSTHORN_LOG_LEVEL', 'debug'),
    mend: configured('POSTHORN_LOG_LEVEL', 'error'),
    related: ['deployment.production.hardened-mode'],
  },
  {
    check: 'database.connections-within-limit',
    subject: theGateway,
    plant: configured('POSTHORN_DATABASE_CONNECTIONS', '500'),
    mend: configured('POSTHORN_DATABASE_CONNECTIONS', '6'),
  },
  {
    check: 'database.hot-queries-indexed',
    subject: theGateway,
    plant: async ({ pool }) => {
      const { rows } = await pool.query<{ text: string }>(
        `SELECT pg_get_indexdef('delivery_queue_ready'::regclass) AS text`,
      );
      definition = rows[0]?.text ?? '';
      await pool.query('DROP INDEX delivery_queue_ready');
    },
    mend: ({ pool }) => pool.query(definition),
  },
  {
    check: 'operations.database.maintained',
    subject: theGateway,
    plant: async ({ pool }) => {
      const { rows } = await pool.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relname ~ '^call_body_\\d{8}$'
          AND right(relname, 8) > to_char((now() AT TIME ZONE 'UTC')::date + 2, 'YYYYMMDD')`,
      );
      for (const { name } of rows) await pool.query(`DROP TABLE ${name}`);
    },
    mend: ({ pool }) => pool.query('SELECT make_day_partitions(7)'),
  },
  {
    check: 'docs.reference.covers-every-route',
    subject: theGateway,
    plant: served((document) => {
      delete document.paths['/v1/teams'];
      return JSON.stringify(document);
    }),
    mend: servedAsItIs,
  },
  {
    check: 'docs.reference.errors-equal-thrown',
    subject: theGateway,
    insteadOf:
      'a code that a handler makes up, which the types refuse: one that is thrown is missing from the reference',
    plant: served((_document, text) => text.replace('"not_found",', '')),
    mend: servedAsItIs,
  },
];
