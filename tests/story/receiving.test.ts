import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { deriveUrlKey, signBodyUrl } from '../../src/blobs/signed-url.rules.ts';
import { simulate } from '../../src/simulation/simulate.ts';
import { simulators } from '../../src/simulation/simulators.rules.ts';
import { post } from '../receiving/post.ts';
import { documensoHeaders as headersOf, ReceivingStory, type Source } from '../receiving/receiving-story.ts';
import { until } from '../support/until.ts';

const story = new ReceivingStory();
const masterKey = randomBytes(32);

beforeAll(
  () =>
    story.open({
      // One address of loopback is a proxy, the others are strangers.
      POSTHORN_TRUSTED_PROXIES: '127.0.0.1/32',
      POSTHORN_MASTER_KEY: masterKey.toString('base64'),
      POSTHORN_LOG_LEVEL: 'trace',
    }),
  120_000,
);
afterAll(() => story.close());

const documenso = (secret: string, more: object = {}): Promise<Source> => story.source('documenso', secret, more);

describe('what every simulated provider sends', () => {
  const secrets: Readonly<Record<string, () => string>> = {
    'standard-webhooks': () => `whsec_${randomBytes(32).toString('base64')}`,
    // Long enough to be found nowhere by chance.
    'adobe-sign': () => `CBJ${randomBytes(12).toString('hex').toUpperCase()}`,
  };
  const kinds: Readonly<Record<string, string>> = { docusign: 'hmac', 'standard-webhooks': 'secret' };
  const secretOf = (name: string) => secrets[name]?.() ?? `secret-${randomBytes(12).toString('hex')}`;

  it.concurrent.each([...simulators.keys()])(
    '%s: genuine ones arrive, each once and signed, and none that is not',
    async (name) => {
      const secret = secretOf(name);
      const more = ['dropbox-sign', 'signwell'].includes(name) ? { acceptUncovered: true } : {};
      const source = await story.source(name, secret, more, kinds[name]);
      const endpoint = await story.endpoint(`sim-${name}`, { sources: [source.id] });
      const given = { provider: name, to: source.url, secrets: [secret], seed: 'story', retryDelayMs: 0, attempts: 2 };
      const report = await simulate({ ...given, duplicateShare: 0.5 });
      expect(report).toMatchObject({ clean: true, genuine: { givenUp: 0, retries: 0 } });
      const simulator = simulators.get(name);
      const flaws = [
        { forge: true },
        ...(simulator?.timestamped === true ? [{ staleSeconds: 3_000_000 }] : []),
        ...(simulator?.covers === 'body' ? [{ tamper: true }] : []),
      ];
      let refused = 0;
      for (const flaw of flaws) {
        const flawed = await simulate({ ...given, seed: 'another', ...flaw });
        expect(flawed).toMatchObject({ genuine: { notifications: 0 }, flawed: { accepted: 0, neither: 0 } });
        refused += flawed.flawed.refused;
      }
      expect(refused).toBeGreaterThan(0);
      const told = report.genuine.notifications - report.genuine.duplicates;
      const arrived = await until('them to be delivered', () => {
        const found = story.receiver.of(`sim-${name}`);
        return found.length >= told ? found : null;
      });
      expect(new Set(arrived.map(({ eventId }) => eventId)).size).toBe(told);
      expect((await story.events(source)).map(({ id }) => id).toSorted()).toEqual(
        arrived.map(({ eventId }) => eventId).toSorted(),
      );
      for (const { body, headers, eventId } of arrived) {
        const signedAt = new Date(Number(headers['webhook-timestamp']) * 1000);
        expect(headers['webhook-signature']).toBe(new Webhook(endpoint.secret).sign(eventId, signedAt, body));
      }
      expect(
        (await story.rejections(source, refused)).every(({ reason }) => /^(signature|timestamp)_/.test(reason)),
      ).toBe(true);
    },
  );

  it('DocuSign signs with every key that is in use, and any that the source has will do', async () => {
    const keys = ['1', '2', '3'].map((number) => `connect-key-${number}-${randomBytes(6).toString('hex')}`);
    for (const key of keys) story.planted.add(key);
    const source = await story.source('docusign', keys[1] as string, {}, 'hmac');
    const options = {
      provider: 'docusign',
      to: source.url,
      scenario: 'envelope-with-large-pdf',
      pdfSizeBytes: 750_000,
    };
    expect(await simulate({ ...options, secrets: keys })).toMatchObject({ clean: true });
    const without = await simulate({
      ...options,
      secrets: [keys[0] as string, keys[2] as string],
      attempts: 1,
      seed: 'x',
    });
    expect(without.genuine.acknowledged).toBe(0);
    const events = await story.events(source);
    expect(events.length).toBeGreaterThan(0);
  });
});

describe('what is refused', () => {
  it('is on record with its reason, counted, and told of without a word of what came', async () => {
    const secret = story.plant('secret');
    const source = await documenso(secret, { bodyMaxBytes: 20_000 });
    const guess = story.plant('guess');
    const reasons = {
      signature_mismatch: () => post(source.url, story.body(), { headers: headersOf(guess) }),
      signature_missing: () => post(source.url, story.body(), { headers: { 'content-type': 'application/json' } }),
      signature_repeated: () =>
        post(source.url, story.body(), { headers: headersOf(secret, { 'x-documenso-secret': [secret, guess] }) }),
      signature_malformed: () => post(source.url, story.body(), { headers: headersOf('x'.repeat(9_000)) }),
      content_type_not_taken: () =>
        post(source.url, story.body(), { headers: headersOf(secret, { 'content-type': 'text/xml' }) }),
      content_encoding_not_taken: () =>
        post(source.url, gzipSync(Buffer.alloc(50_000_000)), {
          headers: headersOf(secret, { 'content-encoding': 'gzip' }),
        }),
      method_not_taken: () => post(source.url, story.body(), { method: 'PUT', headers: headersOf(secret) }),
      body_too_large: async () => {
        const declared = await post(source.url, 'x'.repeat(20_001), { headers: headersOf(secret) });
        const chunked = await post(source.url, 'x'.repeat(30_000), { headers: headersOf(secret), chunks: 7 });
        expect(declared.status).toBe(chunked.status);
        return chunked;
      },
    } as const;
    const statuses: Record<string, number> = {};
    const counted: Record<string, number> = {};
    for (const [reason, send] of Object.entries(reasons)) {
      const before = await story.metric(`posthorn_inbound_rejections_total{reason="${reason}"}`);
      const answer = await send();
      statuses[reason] = answer.status;
      expect(answer.text).not.toContain(secret);
      counted[reason] = (await story.metric(`posthorn_inbound_rejections_total{reason="${reason}"}`)) - before;
    }
    expect(statuses).toEqual({
      signature_mismatch: 401,
      signature_missing: 401,
      signature_repeated: 401,
      signature_malformed: 401,
      content_type_not_taken: 415,
      content_encoding_not_taken: 415,
      method_not_taken: 405,
      body_too_large: 413,
    });
    const expected = Object.fromEntries(
      Object.keys(reasons).map((reason) => [reason, reason === 'body_too_large' ? 2 : 1]),
    );
    expect(counted).toEqual(expected);
    const known: Record<string, number> = {};
    for (const { reason, count } of await story.rejections(source, 9)) known[reason] = (known[reason] ?? 0) + count;
    expect(known).toEqual(expected);
    const shown = await story.api.call<{ activity: object }>('GET', `/v1/teams/${story.teamId}/sources/${source.id}`);
    expect(shown.activity).toMatchObject({ received: 0, rejected: 9, lastRejected: { reason: 'body_too_large' } });
    expect(await story.events(source)).toEqual([]);
    // Once in a second and for a reason, so that a flood does not fill it.
    expect(story.posthorn.output()).toMatch(/"reason":"signature_mismatch".*a request to a source was refused/);
  });

  it('a source that was deleted and one that never was answer alike; a paused one asks to come again', async () => {
    const secret = story.plant('secret');
    const source = await documenso(secret);
    const path = `/v1/teams/${story.teamId}/sources/${source.id}`;
    const send = async (url: string) => {
      const { status, headers, text } = await post(url, story.body(), { headers: headersOf(secret) });
      const { instance: _instance, ...problem } = JSON.parse(text || '{}') as Record<string, unknown>;
      return { status, problem, retryAfter: headers['retry-after'] };
    };
    await story.api.call('PATCH', path, { status: 'paused' });
    await until('it to be paused', async () => (await send(source.url)).status === 503);
    expect(await send(source.url)).toMatchObject({ retryAfter: '60', problem: { code: 'source_paused' } });
    await story.api.call('PATCH', path, { status: 'active' });
    await until('it to be active', async () => (await send(source.url)).status === 200);
    await story.api.call('DELETE', path);
    const gone = await until('it to be gone', async () => {
      const answer = await send(source.url);
      return answer.status === 404 ? answer : null;
    });
    expect(await send(source.url.replace(/.{8}$/, '00000000'))).toEqual(gone);
    expect(await send(`${story.posthorn.url}/in/nothing`)).toEqual(gone);
  });

  it('by address: a proxy of ours is believed, and nobody else', async () => {
    const secret = story.plant('secret');
    const source = await documenso(secret, { allowAddresses: ['203.0.113.0/24', '127.0.0.3'] });
    const send = async (from: string, forwarded?: string) => {
      const more: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
      return (await post(source.url, story.body(), { from, headers: headersOf(secret, more) })).status;
    };
    expect(await send('127.0.0.1', '203.0.113.9')).toBe(200);
    expect(await send('127.0.0.1', '198.51.100.7')).toBe(403);
    expect(await send('127.0.0.1', '203.0.113.9, 198.51.100.7')).toBe(403);
    expect(await send('127.0.0.2', '203.0.113.9')).toBe(403);
    expect(await send('127.0.0.3')).toBe(200);
    const [rejection] = await story.rejections(source, 3);
    expect(rejection).toMatchObject({ reason: 'address_not_allowed', count: 3, lastAddress: '127.0.0.2' });
  });

  it('over its rate says when to come again, and comes through then', async () => {
    const secret = story.plant('secret');
    const source = await documenso(secret, { rateLimit: { perSecond: 2 } });
    const send = () => post(source.url, story.body(), { headers: headersOf(secret) });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused.every(({ headers }) => headers['retry-after'] === '1')).toBe(true);
    await until('the next one', async () => (await send()).status === 200);
    expect((await story.rejections(source)).map(({ reason }) => reason)).toContain('rate_limited');
  });

  it('with an old secret from the moment it expires, and not before', async () => {
    const [old, next] = [story.plant('old'), story.plant('next')];
    const source = await documenso(old);
    const send = (secret: string) => post(source.url, story.body(), { headers: headersOf(secret) });
    expect((await send(next)).status).toBe(401);
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const credentials = [
      { name: '1', expiresAt },
      { name: 'next', value: next },
    ];
    await story.api.call('PATCH', `/v1/teams/${story.teamId}/sources/${source.id}`, { credentials });
    await until('the new one to be known', async () => (await send(next)).status === 200);
    const overlapping = await send(old);
    expect([overlapping.status, Date.now() < Date.parse(expiresAt)]).toEqual([200, true]);
    await until('the old one to expire', async () => (await send(old)).status === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt) - 100);
    expect((await send(next)).status).toBe(200);
    const used = new Set((await story.events(source)).map(({ origin }) => origin.credential));
    expect(used).toEqual(new Set(['1', 'next']));
  });
});

describe('what is delivered', () => {
  it('in the order of its subject, while another one goes on; and each endpoint gets its own sources', async () => {
    const secret = story.plant('secret');
    const [source, other] = [await documenso(secret), await documenso(secret)];
    let failures = 2;
    story.receiver.behave('ordered', ({ body }) => (body.includes('envelope_A') && failures-- > 0 ? 500 : 200));
    const retry = { scheduleSeconds: [1, 1, 1], timeoutMs: 5_000 };
    await story.endpoint('ordered', { sources: [source.id], ordering: 'key', retry });
    await story.endpoint('both', { sources: [source.id, other.id] });
    await story.endpoint('all', {});
    const events = ['DOCUMENT_CREATED', 'DOCUMENT_SENT', 'DOCUMENT_OPENED', 'DOCUMENT_SIGNED', 'DOCUMENT_COMPLETED'];
    for (const event of events) {
      for (const envelope of ['envelope_A', 'envelope_B']) {
        const answer = await post(source.url, story.body(event, envelope), { headers: headersOf(secret) });
        expect(answer.status).toBe(200);
      }
    }
    await post(other.url, story.body(), { headers: headersOf(secret) });
    await story.api.call('POST', `/v1/teams/${story.teamId}/events`, { type: 'api.made', payload: {} });
    await until('all of them', () => story.receiver.of('ordered').filter(({ status }) => status === 200).length === 10);
    const inOrder = (envelope: string) =>
      story.receiver.of('ordered').filter(({ body, status }) => body.includes(envelope) && status === 200);
    for (const envelope of ['envelope_A', 'envelope_B'])
      expect(inOrder(envelope).map(({ type }) => type)).toEqual(events);
    const lastOfB = inOrder('envelope_B').at(-1)?.atMs ?? Number.POSITIVE_INFINITY;
    expect(lastOfB).toBeLessThan(inOrder('envelope_A')[0]?.atMs ?? 0);
    await until('the others', () => story.receiver.of('both').length === 11 && story.receiver.of('all').length >= 12);
    expect(story.receiver.of('both').some(({ type }) => type === 'api.made')).toBe(false);
  });

  it('any bytes at all, of any size, as they came', async () => {
    const taken: Buffer[] = [];
    const server = http.createServer((request, response) => {
      void buffer(request).then((body) => {
        taken.push(body);
        response.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const secret = story.plant('secret');
    const source = await story.source('goroute', secret);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await story.endpoint('', { url, sources: [source.id], concurrency: 1 });
    const sent = [0, 1, 3_000, 262_144, 262_145, 3_000_000].map((size) => randomBytes(size));
    for (const [index, body] of sent.entries()) {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const headers = { 'content-type': 'application/octet-stream', 'x-goroute-signature': signature };
      const how = index % 2 === 0 ? { headers } : { headers, chunks: 5 };
      expect((await post(source.url, body, how)).status).toBe(200);
      await until('it to arrive', () => taken.length === index + 1);
      expect(taken[index]?.equals(body)).toBe(true);
    }
  });

  it('a large body as a URL that opens for who has it, until it expires, and for nobody who changes it', async () => {
    const secret = story.plant('secret');
    const source = await story.source('goroute', secret);
    await story.endpoint('by-reference', {
      sources: [source.id],
      largeBodies: { inlineMaxBytes: 0, referenceSeconds: 60 },
    });
    const body = randomBytes(600_000);
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const headers = { 'content-type': 'image/png', 'x-goroute-signature': signature };
    const beganMs = Date.now();
    expect((await post(source.url, body, { headers })).status).toBe(200);
    const arrived = await until('the reference', () => story.receiver.of('by-reference')[0]);
    const { data } = JSON.parse(arrived.body) as {
      data: { bodyUrl: string; contentType: string; expiresAt: string };
    };
    expect(data.contentType).toBe('image/png');
    expect(Date.parse(data.expiresAt) - beganMs).toBeGreaterThan(58_000);
    expect(Date.parse(data.expiresAt) - beganMs).toBeLessThan(90_000);
    const fetched = await fetch(data.bodyUrl);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(body)).toBe(true);
    expect(fetched.headers.get('content-type')).toBe('image/png');
    expect(fetched.headers.get('content-security-policy')).toMatch(/sandbox/);

    const { eventId } = arrived;
    const key = deriveUrlKey(masterKey);
    const expired = signBodyUrl({
      baseUrl: story.posthorn.url,
      teamId: story.teamId,
      eventId,
      expiresAtMs: Date.now() - 1_000,
      key,
    });
    const other = signBodyUrl({
      baseUrl: story.posthorn.url,
      teamId: story.teamId,
      eventId,
      expiresAtMs: Date.now() + 9_000,
      key: randomBytes(32),
    });
    const changed = data.bodyUrl.replace(/expires=\d+/, 'expires=9999999999');
    for (const url of [expired, other, changed]) expect((await fetch(url)).status, url).toBe(403);

    const feed = await until('the feed', async () => {
      const path = `/v1/teams/${story.teamId}/feed?consumer=story&limit=500&since=${new Date(beganMs).toISOString()}`;
      const { data: page } = await story.api.call<{
        data: { id: string; body: { encoding: string; content: string } }[];
      }>('GET', path);
      return page.find(({ id }) => id === eventId);
    });
    expect(feed.body.encoding).toBe('url');
    expect(Buffer.from(await (await fetch(feed.body.content)).arrayBuffer()).equals(body)).toBe(true);
  });
});

describe('the log', () => {
  it('has no secret, no token and nothing of a body in any line, at the level trace', () => {
    const lines = story.posthorn.output().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const word of story.planted) expect(lines.filter((line) => line.includes(word))).toEqual([]);
  });
});
