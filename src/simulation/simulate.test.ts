import { type Server, createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { verify as verifyGithub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../../tests/support/certificates.ts';
import type { RealTime } from './pace.ts';
import type { Exchange } from './report.rules.ts';
import { builtInScenarios } from './scenarios.ts';
import { simulate } from './simulate.ts';
import type { SimulationOptions } from './simulation-settings.rules.ts';
import { simulators } from './simulators.rules.ts';

type Received = { method: string; url: URL; headers: IncomingMessage['headers']; body: Buffer; atMs: number };
type Reply = { status: number; body?: string; headers?: Record<string, string>; hang?: true };

const secrets: Readonly<Record<string, string>> = {
  'standard-webhooks': `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  'adobe-sign': 'UB7E5BXCXY',
};
const secretOf = (provider: string): string => secrets[provider] ?? 'correct horse battery staple';
const names = [...simulators.keys()];

async function serve(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `127.0.0.1:${(server.address() as AddressInfo).port}/in/src_1`;
}

/** A receiver on loopback that answers as it is told, and keeps what it got. */
async function receiver(answer: (request: Received, nth: number) => Reply | Promise<Reply>, tls?: object) {
  const received: Received[] = [];
  let mostAtOnce = 0;
  let underWay = 0;
  const listener: RequestListener = (request, response) => {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', 'http://receiver');
    void buffer(request)
      .then((body) => {
        const got = { method, url, headers, body, atMs: Date.now() };
        received.push(got);
        return answer(got, received.length - 1);
      })
      .then((reply) => {
        underWay -= 1;
        if (reply.hang !== true) response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
      });
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  const address = await serve(server);
  return { url: `${tls === undefined ? 'http' : 'https'}://${address}`, received, most: () => mostAtOnce };
}

/** HMAC-SHA256 by Web Crypto: nothing that the simulator signs with. */
async function mac(secret: string, ...parts: (string | Buffer)[]): Promise<Buffer> {
  const usage = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), usage, false, ['sign']);
  const message = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.from(await crypto.subtle.sign('HMAC', key, message));
}

const header = (request: Received, name: string): string => String(request.headers[name] ?? '');
/** Whatever a body holds; the tests say what they expect of it. */
type Loose = string & { readonly [Name in Field]: Loose };
type Field = 'event' | 'event_id' | 'event_time' | 'event_type' | 'event_hash' | 'type' | 'time' | 'hash' | 'challenge';
const parsed = (request: Received): Loose => JSON.parse(request.body.toString()) as Loose;
const isFresh = (seconds: string): boolean => Math.abs(Date.now() / 1000 - Number(seconds)) < 300;

/** Whether a request is what the provider would have signed, by the scheme of the provider facts. */
const verifiers: Readonly<Record<string, (request: Received, secret: string) => Promise<boolean> | boolean>> = {
  documenso: (request, secret) => header(request, 'x-documenso-secret') === secret,
  'adobe-sign': (request, secret) => header(request, 'x-adobesign-clientid') === secret,
  docusign: async (request, secret) =>
    header(request, 'x-docusign-signature-1') === (await mac(secret, request.body)).toString('base64'),
  goroute: async (request, secret) =>
    header(request, 'x-goroute-signature') === `sha256=${(await mac(secret, request.body)).toString('hex')}` &&
    header(request, 'x-goroute-event-id') === parsed(request).event_id,
  github: (request, secret) =>
    verifyGithub(secret, request.body.toString(), header(request, 'x-hub-signature-256') || 'none'),
  stripe: (request, secret) => {
    Stripe.webhooks.constructEvent(request.body, header(request, 'stripe-signature'), secret);
    return true;
  },
  'standard-webhooks': (request, secret) => {
    new Webhook(secret).verify(request.body.toString(), request.headers as Record<string, string>);
    return true;
  },
  slack: async (request, secret) => {
    const time = header(request, 'x-slack-request-timestamp');
    const wanted = `v0=${(await mac(secret, `v0:${time}:`, request.body)).toString('hex')}`;
    return isFresh(time) && header(request, 'x-slack-signature') === wanted;
  },
  shopify: async (request, secret) =>
    header(request, 'x-shopify-hmac-sha256') === (await mac(secret, request.body)).toString('base64'),
  pandadoc: async (request, secret) =>
    request.url.searchParams.get('signature') === (await mac(secret, request.body)).toString('hex'),
  'dropbox-sign': async (request, secret) => {
    const boundary = /^multipart\/form-data; boundary=(.*)$/.exec(header(request, 'content-type'))?.[1] ?? '';
    const [, part = '', end] = request.body.toString().split(`--${boundary}`);
    const json = /^\r\nContent-Disposition: form-data; name="json"\r\n\r\n(.*)\r\n$/s.exec(part)?.[1] ?? '';
    const { event } = JSON.parse(json) as Loose;
    const wanted = await mac(secret, event.event_time + event.event_type);
    return end === '--\r\n' && isFresh(event.event_time) && event.event_hash === wanted.toString('hex');
  },
  signwell: async (request, secret) => {
    const { type, time, hash } = parsed(request).event;
    return isFresh(time) && hash === (await mac(secret, `${type}@${time}`)).toString('hex');
  },
};

/** What each provider wants to hear beside 2xx. */
function acknowledgement(provider: string, request: Received): Reply {
  if (provider === 'dropbox-sign') return { status: 200, body: 'Hello API Event Received' };
  if (provider === 'adobe-sign') {
    return { status: 200, headers: { 'X-AdobeSign-ClientId': header(request, 'x-adobesign-clientid') } };
  }
  const challenge = provider === 'slack' ? parsed(request).challenge : undefined;
  return { status: 200, body: challenge ?? '' };
}

/** A source of that provider as it should be: 401 for what does not verify. */
async function source(provider: string) {
  return await receiver(async (request) => {
    if (request.method === 'GET') return acknowledgement(provider, request);
    const verified = await Promise.resolve()
      .then(() => verifiers[provider]!(request, secretOf(provider)))
      .catch(() => false);
    return verified ? acknowledgement(provider, request) : { status: 401 };
  });
}

async function run(
  options: Partial<SimulationOptions> & { provider: string; to: string; time?: RealTime; signal?: AbortSignal },
) {
  const exchanges: Exchange[] = [];
  const report = await simulate({
    secrets: [secretOf(options.provider)],
    seed: '1',
    ...options,
    onExchange: (exchange) => void exchanges.push(exchange),
  });
  return { report, exchanges };
}

/** A clock that only goes on when somebody waits. */
function virtualTime(): RealTime & { waits: number[] } {
  let nowMs = Date.UTC(2026, 10, 1);
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    wait: async (ms) => {
      waits.push(Math.round(ms));
      nowMs += ms;
    },
  };
}

describe.each(names)('%s', (provider) => {
  test('plays every scenario so that somebody else verifies it', async () => {
    const to = await source(provider);
    for (const { name } of await builtInScenarios(simulators.get(provider)!)) {
      const { report } = await run({ provider, to: to.url, scenario: name });
      expect([name, report]).toMatchObject([name, { clean: true, genuine: { givenUp: 0 } }]);
    }
  });

  test('forges so that it is refused, and says so when it is not', async () => {
    const [strict, gullible] = [
      await source(provider),
      await receiver((request) => acknowledgement(provider, request)),
    ];
    const { report, exchanges } = await run({ provider, to: strict.url, forge: true });
    expect(report).toMatchObject({ clean: true, genuine: { notifications: 0 } });
    expect(report.flawed.refused).toBe(report.flawed.sent);
    expect(exchanges.filter(({ index }) => index !== null).every(({ kind }) => kind === 'forged')).toBe(true);
    const { report: bad } = await run({ provider, to: gullible.url, forge: true });
    expect(bad).toMatchObject({ clean: false, flawed: { refused: 0, accepted: bad.flawed.sent } });
  });

  test('is changed after signing, or written long ago, where the scheme tells', async () => {
    const { covers, timestamped } = simulators.get(provider)!;
    const to = (await source(provider)).url;
    if (covers === 'nothing') {
      await expect(run({ provider, to, tamper: true })).rejects.toThrow('signs nothing');
    } else {
      const { report } = await run({ provider, to, tamper: true });
      expect(report).toMatchObject({ clean: true, flawed: { accepted: 0 } });
      expect(report.flawed.sent).toBeGreaterThan(0);
    }
    if (timestamped) {
      expect((await run({ provider, to, staleSeconds: 600 })).report.clean).toBe(true);
      const { report } = await run({ provider, to, staleSeconds: 20 });
      expect(report.flawed.accepted).toBe(report.flawed.sent);
    } else {
      await expect(run({ provider, to, staleSeconds: 600 })).rejects.toThrow('signs no timestamp');
    }
  });

  test('sends the same twice so that it can be told', async () => {
    const to = await source(provider);
    const { report } = await run({ provider, to: to.url, duplicateShare: 1 });
    expect(report).toMatchObject({ clean: true, genuine: { duplicates: report.genuine.notifications / 2 } });
    const volatile = /"createdAt":"[^"]*","webhookEndpoint"/;
    const bodies = to.received
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => body.toString().replace(volatile, ''));
    for (const same of Map.groupBy(bodies, (body) => body).values()) expect(same).toHaveLength(2);
  });
});

describe('a simulation', () => {
  test('is told again by its seed, byte for byte', async () => {
    const to = await source('docusign');
    const options = { provider: 'docusign', to: to.url, atMs: Date.UTC(2026, 0, 31), time: virtualTime() };
    for (const seed of ['a', 'a', 'b'])
      await run({ ...options, seed, count: 2, shuffleWindow: 3, duplicateShare: 0.3 });
    const bodies = to.received.map(({ body }) => body.toString());
    const third = bodies.findIndex((body, index) => index > 0 && body === bodies[0]);
    expect(bodies.slice(third, 2 * third)).toEqual(bodies.slice(0, third));
    expect(bodies.slice(2 * third)).not.toEqual(bodies.slice(0, third));
  });

  test('bursts over as many connections as it may, and loses nothing', async () => {
    const verifying = verifiers['documenso']!;
    const together = Promise.withResolvers<void>();
    const to = await receiver(async (request, nth) => {
      // The first eight are only answered when all of them are there.
      if (nth === 7) together.resolve();
      if (nth < 8) await together.promise;
      return { status: (await verifying(request, secretOf('documenso'))) ? 200 : 401 };
    });
    const { report } = await run({
      provider: 'documenso',
      to: to.url,
      burst: 400,
      connections: 8,
      duplicateShare: 0.2,
      flawedShare: 0.3,
      forge: true,
    });
    expect(report.clean).toBe(true);
    expect(report.flawed.sent).toBeGreaterThan(80);
    expect(report.genuine.notifications + report.flawed.sent).toBe(to.received.length);
    expect(to.most()).toBe(8);
  });

  test('keeps the pace that it is told', async () => {
    const time = virtualTime();
    const { report } = await run({ provider: 'documenso', to: (await source('documenso')).url, speed: 10, time });
    expect(time.waits).toEqual([500, 9000, 6000]);
    expect(report.clean).toBe(true);
  });

  test('ends when it is told to, and says so', async () => {
    const stop = new AbortController();
    const to = await receiver((_request, nth) => {
      if (nth === 1) stop.abort();
      return { status: 200, ...(nth === 1 ? { hang: true as const } : {}) };
    });
    const { report, exchanges } = await run({ provider: 'documenso', to: to.url, signal: stop.signal });
    expect(exchanges).toHaveLength(1);
    expect(report).toMatchObject({ interrupted: true, clean: false });
  });

  test('asks first where the provider does, and sends nothing to who does not answer right', async () => {
    const deaf = await receiver(() => ({ status: 200 }));
    const { report } = await run({ provider: 'adobe-sign', to: deaf.url });
    expect(report).toMatchObject({ handshake: 'failed', clean: false, requests: 1 });
    const inBody = await receiver((request) => ({
      status: 200,
      body: JSON.stringify({ xAdobeSignClientId: header(request, 'x-adobesign-clientid') }),
    }));
    expect((await run({ provider: 'adobe-sign', to: inBody.url })).report).toMatchObject({
      handshake: 'passed',
      clean: true,
    });
    expect(inBody.received[0]).toMatchObject({ method: 'GET' });
  });

  test('wants the words that the provider wants', async () => {
    const silent = await receiver(() => ({ status: 200 }));
    expect((await run({ provider: 'dropbox-sign', to: silent.url })).report).toMatchObject({ clean: false });
    expect((await run({ provider: 'slack', to: silent.url, event: 'url_verification' })).report.clean).toBe(false);
    expect((await run({ provider: 'slack', to: silent.url, event: 'message' })).report.clean).toBe(true);
  });

  test('sends megabytes of PDF', async () => {
    const to = await source('docusign');
    const { report } = await run({
      provider: 'docusign',
      to: to.url,
      event: 'envelope-completed',
      pdfSizeBytes: 25_000_000,
    });
    expect(report.clean).toBe(true);
    expect(to.received[0]?.body.length).toBeGreaterThan(33_000_000);
  });

  test('signs in the header that it is told, and with every secret that rotates', async () => {
    const to = await receiver(() => ({ status: 200 }));
    await run({ provider: 'goroute', to: to.url, signatureHeader: 'X-Signature' });
    expect(header(to.received[0]!, 'x-signature')).toMatch(/^sha256=[\da-f]{64}$/);
    await run({ provider: 'stripe', to: to.url, secrets: ['new', 'old'], event: 'invoice.paid' });
    const last = to.received.at(-1)!;
    for (const secret of ['new', 'old']) {
      expect(() => Stripe.webhooks.constructEvent(last.body, header(last, 'stripe-signature'), secret)).not.toThrow();
    }
  });

  test('trusts the certificates that it is given, and no others', async () => {
    const authority = createAuthority();
    onTestFinished(() => authority.remove());
    const { certPem, keyPem } = authority.issue('IP:127.0.0.1');
    const to = await receiver(() => ({ status: 200 }), { cert: certPem, key: keyPem });
    const documenso = { provider: 'documenso', to: to.url, event: 'DOCUMENT_SENT', attempts: 1 };
    expect((await run(documenso)).exchanges).toMatchObject([{ status: null, error: 'tls' }]);
    expect((await run({ ...documenso, caPem: authority.caPem })).report.clean).toBe(true);
  });
});

test.each([
  [{ provider: 'documneso' }, 'did you mean documenso?'],
  [{ event: 'DOCUMENT_SNET' }, 'did you mean DOCUMENT_SENT?'],
  [{ event: 'DOCUMENT_SENT', scenario: 'template-lifecycle' }, 'never tells of DOCUMENT_SENT'],
  [{ scenario: 'cancelled', secrets: ['a', 'b'] }, 'has one secret and 2 are given'],
  [{ provider: 'stripe', secrets: [] }, 'none is given'],
  [{ provider: 'standard-webhooks', secrets: ['whsec_x'] }, 'the secret is not whsec_ and base64'],
  [{ secrets: ['a\nb'] }, 'the secret is no header value'],
  [{ runner: 'cron' }, 'choose one of local, bullmq, inngest'],
  [{ provider: 'docusign', runner: 'local' }, 'leave --runner out'],
  [{ provider: 'goroute', retryDelayMs: 1 }, 'add --attempts'],
  [{ burst: 2, count: 2 }, 'choose one'],
  [{ flawedShare: 0.5 }, 'add --forge'],
  [{ signatureHeader: 'X' }, 'leave --signature-header out'],
  [{ pdfSizeBytes: 2000 }, 'leave --pdf-size out'],
  [{ to: 'ftp://a.test' }, '--to is not an http URL'],
  [{ to: 'http://user:hunter2@a.test' }, 'remove them'],
])('%j is refused before anything is sent', async (options, said) => {
  const asked = { provider: 'documenso', to: 'http://127.0.0.1:1/', secrets: ['s'], ...options };
  const problem = await simulate(asked).catch((error: unknown) => String(error));
  expect(problem).toContain(said);
  expect(problem).not.toMatch(/hunter2|whsec_x/);
});
