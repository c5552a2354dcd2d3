/**
 * The yardstick: the same two group commits and the same POST with no product around them. No API keys, schemas,
 * subscriptions, ids of its own design, signatures, lanes, limits, retries, leases, metrics or logs.
 * Run by bench/run.ts: DATABASE_URL, PORT and RECEIVER_URL in the environment.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import pg from 'pg';
import { Pool } from 'undici';
import { byteaColumn, int4Column, textColumn, uuidColumn } from '../../src/database/binary-arrays.ts';
import { createGroupCommit } from '../../src/database/group-commit.ts';
import { createIdSource } from '../../src/ids/id-source.ts';

type Job = { eventId: string; deliveryId: string; body: Buffer; status: number; headers: string; answer: Buffer };

const receiver = new URL(process.env.RECEIVER_URL as string);
const database = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 8,
  // As Posthorn's functions have it: a plan made while the table was small reads all of it for each batch.
  options: '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off',
});
const connections = new Pool(receiver.origin, { connections: 64 });
const ids = createIdSource({ now: () => Date.now() });
const team = ids.next('team');
const endpoint = ids.next('ep');
const signature = `v1,${randomBytes(32).toString('base64')}`;

await database.query(`
  CREATE TABLE event (team_id uuid, id uuid, type text, content_type text, body bytea, PRIMARY KEY (team_id, id));
  CREATE TABLE delivery (team_id uuid, id uuid, event_id uuid, endpoint_id uuid, state smallint DEFAULT 0,
    attempts smallint DEFAULT 0, PRIMARY KEY (team_id, id)) WITH (fillfactor = 60);
  CREATE INDEX ON delivery (team_id, endpoint_id, id);
  CREATE TABLE attempt (team_id uuid, delivery_id uuid, id uuid, status integer, headers text, body bytea,
    PRIMARY KEY (team_id, delivery_id, id))`);

const acceptColumns = [
  uuidColumn<Job>(() => team),
  uuidColumn<Job>((job) => job.eventId),
  byteaColumn<Job>((job) => job.body),
  uuidColumn<Job>((job) => job.deliveryId),
  uuidColumn<Job>(() => endpoint),
];

const settleColumns = [
  uuidColumn<Job>(() => team),
  uuidColumn<Job>((job) => job.deliveryId),
  uuidColumn<Job>(() => ids.next('att')),
  int4Column<Job>((job) => job.status),
  textColumn<Job>((job) => job.headers),
  byteaColumn<Job>((job) => job.answer),
];

const accepts = createGroupCommit<Job, void>({
  maxBatch: 500,
  parallel: 2,
  async write(jobs) {
    await database.query({
      name: 'accept',
      text: `WITH events AS (INSERT INTO event SELECT t, e, 'bench.event', 'application/json', b
               FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) u(t, e, b))
             INSERT INTO delivery SELECT t, d, e, p FROM unnest($1::uuid[], $4::uuid[], $2::uuid[], $5::uuid[]) u(t, d, e, p)`,
      values: acceptColumns.map((column) => column(jobs)),
    });
    return new Array<void>(jobs.length);
  },
});

const settles = createGroupCommit<Job, void>({
  maxBatch: 1000,
  parallel: 2,
  async write(jobs) {
    await database.query({
      name: 'settle',
      text: `WITH attempts AS (INSERT INTO attempt SELECT t, d, a, s, h, b
               FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::bytea[]) u(t, d, a, s, h, b))
             UPDATE delivery x SET state = 1, attempts = 1 FROM unnest($1::uuid[], $2::uuid[]) u(t, d)
               WHERE x.team_id = u.t AND x.id = u.d`,
      values: settleColumns.map((column) => column(jobs)),
    });
    return new Array<void>(jobs.length);
  },
});

async function deliver(job: Job): Promise<void> {
  const response = await connections.request({
    path: receiver.pathname,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': job.eventId,
      'webhook-timestamp': '1',
      'webhook-signature': signature,
    },
    body: job.body,
  });
  job.status = response.statusCode;
  job.headers = JSON.stringify(response.headers);
  job.answer = Buffer.from(await response.body.arrayBuffer());
  await settles.add(job);
}

http
  .createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const job: Job = {
        eventId: ids.next('evt'),
        deliveryId: ids.next('dlv'),
        body,
        status: 0,
        headers: '',
        answer: body,
      };
      accepts.add(job).then(
        () => {
          response.writeHead(202, { 'content-type': 'application/json' }).end(`{"id":"${job.eventId}"}`);
          deliver(job).catch((error: unknown) => console.error(error));
        },
        () => response.writeHead(503).end(),
      );
    });
  })
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
