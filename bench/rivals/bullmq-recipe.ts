/**
 * What a TypeScript team would build: HTTP, a BullMQ job on Redis (`appendfsync always`, so that a 202 is durable
 * here too), a worker that signs with HMAC and posts by undici, five attempts with exponential backoff.
 * Run by bench/run.ts: REDIS_PORT, PORT and RECEIVER_URL in the environment.
 */
import { createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'undici';

const receiver = new URL(process.env.RECEIVER_URL as string);
const connections = new Pool(receiver.origin, { connections: 64 });
const key = randomBytes(32);
const connect = () =>
  new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null });
const queue = new Queue<{ body: string }>('deliveries', { connection: connect() });

const worker = new Worker<{ body: string }>(
  'deliveries',
  async (job) => {
    const { body } = job.data;
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', key).update(`${job.id}.${timestamp}.${body}`).digest('base64');
    const response = await connections.request({
      path: receiver.pathname,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': String(job.id),
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    const answer = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`status ${response.statusCode}`);
    return { status: response.statusCode, answer };
  },
  { connection: connect(), concurrency: 64 },
);
worker.on('error', (error) => console.error(error.message));

http
  .createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      queue
        .add(
          'deliver',
          { body: Buffer.concat(chunks).toString() },
          { attempts: 5, backoff: { type: 'exponential', delay: 60_000 }, removeOnComplete: 10_000 },
        )
        .then(
          (job) => response.writeHead(202, { 'content-type': 'application/json' }).end(`{"id":"${job.id}"}`),
          () => response.writeHead(503).end(),
        );
    });
  })
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
