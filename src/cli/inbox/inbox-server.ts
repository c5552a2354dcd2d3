import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliFailure } from '../failure.ts';
import { type Answer, type AnswerPlan, chooseAnswer } from './choose-answer.rules.ts';
import { type Verdict, type Verification, verifyWebhook } from './verify-webhook.rules.ts';

/** A webhook as it arrived, and what it is answered with. Everything in it comes from outside. */
export type ReceivedWebhook = {
  atMs: number;
  path: string;
  headers: Readonly<Record<string, readonly string[] | undefined>>;
  body: Buffer;
  id: string | null;
  eventType: string | null;
  /** As the sender says, else counted here; from 1. */
  attempt: number;
  verdict: Verdict;
  answer: Answer;
};

export type InboxServer = { url: string; stop: () => Promise<void> };

const largestBody = 10_000_000;
const rememberedDeliveries = 10_000;

/**
 * Listens and answers by the plan, which is asked for each request so that it may change.
 * Throws a CliFailure when the port cannot be had. Port 0 takes a free one.
 */
export async function startInboxServer(options: {
  host: string;
  port: number;
  verification: () => Verification;
  plan: () => AnswerPlan;
  onReceived(webhook: ReceivedWebhook): void;
  onAnswered(webhook: ReceivedWebhook): void;
}): Promise<InboxServer> {
  const attempts = new Map<string, number>();
  const hanging = new Set<NodeJS.Timeout>();

  function countAttempt(key: string): number {
    const count = (attempts.get(key) ?? 0) + 1;
    attempts.delete(key);
    attempts.set(key, count);
    const oldest = attempts.size > rememberedDeliveries ? attempts.keys().next().value : undefined;
    if (oldest !== undefined) attempts.delete(oldest);
    return count;
  }

  function receive(request: IncomingMessage, body: Buffer): ReceivedWebhook {
    const headers = request.headersDistinct;
    const path = request.url ?? '/';
    const atMs = Date.now();
    const verification = options.verification();
    const verdict = verifyWebhook({ headers, body }, verification, atMs);
    const id = headers['webhook-id']?.[0] ?? null;
    const counted = countAttempt(`${path} ${id ?? createHash('sha256').update(body).digest('hex')}`);
    const told = headers['posthorn-attempt']?.[0] ?? '';
    const answer = chooseAnswer(options.plan(), counted, verdict, verification.secrets.length > 0);
    const attempt = /^\d{1,6}$/.test(told) ? Number(told) : counted;
    return { atMs, path, headers, body, id, eventType: eventTypeOf(headers, body), attempt, verdict, answer };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      const known = request.method === 'GET' || request.method === 'HEAD';
      reply(response, { status: known ? 200 : 405, hangMs: 0, retryAfterSeconds: null }, 'POST webhooks to this URL.');
      return;
    }
    const body = await readBody(request);
    if (body === null) {
      response.setHeader('connection', 'close');
      reply(response, { status: 413, hangMs: 0, retryAfterSeconds: null });
      return;
    }
    const webhook = receive(request, body);
    options.onReceived(webhook);
    const answer = (): void => {
      response.once('close', () => options.onAnswered(webhook));
      reply(response, webhook.answer);
    };
    if (webhook.answer.hangMs === 0) {
      answer();
      return;
    }
    const timer = setTimeout(() => {
      hanging.delete(timer);
      answer();
    }, webhook.answer.hangMs);
    hanging.add(timer);
  }

  const server = createServer(
    { maxHeaderSize: 65_536, headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 },
    (request, response) => {
      handle(request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = 1000;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const host = /^(0\.0\.0\.0|::)$/.test(options.host) ? '127.0.0.1' : options.host;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        for (const timer of hanging) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Null when it is larger than an inbox takes; what is left of it is not read. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reply(response: ServerResponse, answer: Answer, text = STATUS_CODES[answer.status] ?? ''): void {
  if (answer.retryAfterSeconds !== null) response.setHeader('retry-after', String(answer.retryAfterSeconds));
  if (answer.status === 204 || answer.status === 304) {
    response.writeHead(answer.status).end();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(`${text}\n`);
}

function eventTypeOf(headers: ReceivedWebhook['headers'], body: Buffer): string | null {
  const named = headers['posthorn-event-type']?.[0];
  if (named !== undefined) return named;
  try {
    const content: unknown = JSON.parse(body.toString('utf8'));
    if (typeof content !== 'object' || content === null) return null;
    const { type, event } = content as { type?: unknown; event?: unknown };
    return typeof type === 'string' ? type : typeof event === 'string' ? event : null;
  } catch {
    return null;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(new CliFailure(`port ${port} of ${host} is taken`, 'choose another with --port, or stop what uses it'));
      } else if (error.code === 'EACCES') {
        reject(new CliFailure(`port ${port} needs privileges`, 'choose one above 1023 with --port'));
      } else reject(new CliFailure(`cannot listen on ${host}:${port} (${error.code})`, 'choose another with --host'));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve();
    });
  });
}
