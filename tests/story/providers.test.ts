import { createHmac, randomBytes } from 'node:crypto';
import { sign as signForGitHub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReceivingStory, type Source } from '../receiving/receiving-story.ts';
import { createApi } from '../support/api.ts';
import { until } from '../support/until.ts';

const story = new ReceivingStory();
beforeAll(() => story.open({}), 120_000);
afterAll(() => story.close());

async function send(source: Source, headers: Record<string, string>, body: string | Buffer, query = '') {
  const answer = await fetch(`${source.url}${query}`, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

const json = { 'content-type': 'application/json' };
const hmac = (key: string, text: string | Buffer, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', key).update(text).digest(encoding);
const now = (): number => Math.floor(Date.now() / 1000);
const stripe = new Stripe('sk_test_x');
const envelope = JSON.stringify({
  event: 'envelope-completed',
  apiVersion: 'v2.1',
  uri: '/restapi/v2.1/accounts/a/envelopes/e-1',
  retryCount: 0,
  configurationId: 7,
  generatedDateTime: '2026-11-21T10:00:00.0000000Z',
  data: { accountId: 'a', userId: 'u', envelopeId: 'e-1', envelopeSummary: { status: 'completed' } },
});

/** Each provider's request, signed by its own library or by its rule written out. */
const cases: {
  provider: string;
  credential: string;
  kind?: string;
  more?: object;
  body: string;
  headers(body: string, secret: string): Record<string, string> | Promise<Record<string, string>>;
  query?: (body: string, secret: string) => string;
  type: string;
  subject: string | null;
  coverage: string;
  answer?: { status: number; text: string };
}[] = [
  {
    provider: 'documenso',
    credential: 'a-documenso-secret',
    body: '{"event":"DOCUMENT_SIGNED","payload":{"id":7,"envelopeId":"envelope_1","recipients":[{"token":"live-token-1"}]},"createdAt":"2026-11-21T10:00:00.000Z","webhookEndpoint":"x"}',
    headers: (_body, secret) => ({ ...json, 'x-documenso-secret': secret }),
    type: 'DOCUMENT_SIGNED',
    subject: 'envelope_1',
    coverage: 'sender',
  },
  {
    provider: 'docusign',
    credential: 'a-docusign-connect-key',
    kind: 'hmac',
    body: envelope,
    headers: (body, secret) => ({ ...json, 'x-docusign-signature-1': hmac(secret, body, 'base64') }),
    type: 'envelope-completed',
    subject: 'e-1',
    coverage: 'body',
  },
  {
    provider: 'goroute',
    credential: 'a-goroute-secret',
    body: '{"event":"transaction.delivered","event_id":"ev_1","timestamp":"2026-11-21T10:00:00Z","organization_id":"o","data":{"transaction_id":"tx_1"}}',
    headers: (body, secret) => ({ ...json, 'x-goroute-signature': `sha256=${hmac(secret, body, 'hex')}` }),
    type: 'transaction.delivered',
    subject: 'tx_1',
    coverage: 'body',
  },
  {
    provider: 'stripe',
    credential: 'whsec_test_secret_of_stripe',
    body: '{"id":"evt_s1","object":"event","type":"invoice.paid","created":1763719200,"data":{"object":{"id":"in_1"}}}',
    headers: (payload, secret) => ({
      ...json,
      'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: now() }),
    }),
    type: 'invoice.paid',
    subject: 'in_1',
    coverage: 'body',
  },
  {
    provider: 'github',
    credential: "It's a Secret to Everybody",
    body: '{"action":"opened","repository":{"full_name":"acme/site"}}',
    headers: async (body, secret) => ({
      ...json,
      'x-hub-signature-256': await signForGitHub(secret, body),
      'x-github-event': 'pull_request',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    }),
    type: 'pull_request.opened',
    subject: 'acme/site',
    coverage: 'body',
  },
  {
    provider: 'standard-webhooks',
    kind: 'secret',
    credential: `whsec_${randomBytes(32).toString('base64')}`,
    body: '{"type":"user.created","timestamp":"2026-11-21T10:00:00Z","data":{"id":1}}',
    headers: (body, secret) => {
      const at = new Date();
      return {
        ...json,
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new SvixWebhook(secret).sign('msg_1', at, body),
      };
    },
    type: 'user.created',
    subject: null,
    coverage: 'body',
  },
  {
    provider: 'pandadoc',
    credential: 'a-pandadoc-shared-key',
    body: '[{"event":"document_state_changed","data":{"id":"doc_1","status":"document.completed"}}]',
    headers: () => json,
    query: (body, secret) => `?signature=${hmac(secret, body, 'hex')}`,
    type: 'document_state_changed',
    subject: 'doc_1',
    coverage: 'body',
  },
  {
    provider: 'dropbox-sign',
    credential: 'a-dropbox-sign-api-key',
    more: { acceptUncovered: true },
    body: '',
    headers: () => json,
    type: 'signature_request_signed',
    subject: 'req_1',
    coverage: 'fields',
    answer: { status: 200, text: 'Hello API Event Received' },
  },
];

describe.concurrent.each(cases)('$provider', (given) => {
  it('is verified, delivered byte for byte, recognised when it comes again, and refused when it is forged', async () => {
    const secret = given.credential;
    const source = await story.source(given.provider, secret, given.more, given.kind);
    const place = `from-${given.provider}`;
    const endpoint = await story.endpoint(place, { sources: [source.id] });
    const time = String(now());
    const dropboxSign = (key: string): string =>
      JSON.stringify({
        event: {
          event_type: 'signature_request_signed',
          event_time: time,
          event_hash: hmac(key, `${time}signature_request_signed`, 'hex'),
        },
        signature_request: { signature_request_id: 'req_1' },
      });
    const bodyBy = (key: string): string => (given.body === '' ? dropboxSign(key) : given.body);
    const body = bodyBy(secret);
    const post = async (key: string) =>
      send(source, await given.headers(bodyBy(key), key), bodyBy(key), given.query?.(bodyBy(key), key) ?? '');

    const answer = given.answer ?? { status: 200, text: '' };
    expect(await post(secret)).toEqual(answer);
    expect(await post(secret)).toEqual(answer);
    const other =
      given.provider === 'standard-webhooks' ? `whsec_${randomBytes(32).toString('base64')}` : 'some-other-secret-0';
    const forged = await post(other);
    expect(forged.status).toBe(401);
    expect(forged.text).toContain('invalid_signature');

    const [arrived] = await until('the delivery', () =>
      story.receiver.of(place).length > 0 ? story.receiver.of(place) : null,
    );
    expect(arrived?.body).toBe(body);
    const headers = arrived?.headers as Record<string, string>;
    expect(() => new Webhook(endpoint.secret).verify(body, headers)).not.toThrow();
    expect(headers).toMatchObject({ 'posthorn-source': source.id, 'posthorn-verified': given.coverage });

    const [event, ...more] = await until('the duplicate to be counted', async () => {
      const found = await story.events(source);
      return found[0]?.origin.seenAgain == null ? null : found;
    });
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      type: given.type,
      orderingKey: given.subject,
      origin: { coverage: given.coverage, credential: '1', seenAgain: { count: 1 } },
    });
    expect(story.receiver.of(place)).toHaveLength(1);
    expect(await story.rejections(source)).toMatchObject([{ reason: 'signature_mismatch', count: 1 }]);
    for (const word of [secret, 'live-token-1', body.slice(20, 60)])
      expect(story.posthorn.output()).not.toContain(word);
  });
});

describe.concurrent('a source', () => {
  it('makes one event of 100 copies at once', async () => {
    const source = await story.source('documenso', 'a-documenso-secret');
    const body = '{"event":"DOCUMENT_CREATED","payload":{"id":100},"createdAt":"x"}';
    const headers = { ...json, 'x-documenso-secret': 'a-documenso-secret' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(source, headers, body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const events = await until('all to be counted', async () => {
      const found = await story.events(source);
      return found[0]?.origin.seenAgain?.count === 99 ? found : null;
    });
    expect(events).toHaveLength(1);
  });

  it('keeps a large body beside the row, and hands it out whole, by reference, masked or revealed', async () => {
    const source = await story.source('docusign', 'a-docusign-connect-key', {}, 'hmac');
    const pdf = randomBytes(750_000).toString('base64');
    const body = JSON.stringify({
      ...(JSON.parse(envelope) as object),
      data: { envelopeId: 'e-2', envelopeSummary: { envelopeDocuments: [{ PDFBytes: pdf }] } },
    });
    await story.endpoint('whole', { sources: [source.id] });
    await story.endpoint('referred', { sources: [source.id], largeBodies: { inlineMaxBytes: 1000 } });
    const headers = { ...json, 'x-docusign-signature-1': hmac('a-docusign-connect-key', body, 'base64') };
    expect((await send(source, headers, body)).status).toBe(200);

    const [whole] = await until('the whole', () =>
      story.receiver.of('whole').length > 0 ? story.receiver.of('whole') : null,
    );
    expect(whole?.body === body).toBe(true);
    const [referred] = await until('the reference', () =>
      story.receiver.of('referred').length > 0 ? story.receiver.of('referred') : null,
    );
    expect(referred?.headers['posthorn-body']).toBe('reference');
    const { data } = JSON.parse(referred?.body ?? '{}') as { data: { bodyUrl: string; sizeBytes: number } };
    expect(data.sizeBytes).toBe(body.length);
    expect((await (await fetch(data.bodyUrl)).text()) === body).toBe(true);
    expect((await fetch(data.bodyUrl.replace('expires=1', 'expires=2'))).status).toBe(403);

    const [event] = await story.events(source);
    const shown = await story.api.ask<string>('GET', `/v1/teams/${story.teamId}/events/${event?.id}/body`);
    expect(JSON.stringify(shown.body) === JSON.stringify(JSON.parse(body))).toBe(true);
  });

  it('shows no live token to people, and to whom it is revealed all of it', async () => {
    const source = await story.source('documenso', 'a-documenso-secret');
    const body = '{"event":"DOCUMENT_SENT","payload":{"id":5,"recipients":[{"token":"live-token-5"}]},"createdAt":"x"}';
    await story.endpoint('tokens', { sources: [source.id] });
    await send(source, { ...json, 'x-documenso-secret': 'a-documenso-secret' }, body);
    await until('its delivery', () => (story.receiver.of('tokens')[0]?.status === 200 ? true : null));
    const [event] = await story.events(source);
    const { key } = await story.api.call<{ key: string }>('POST', `/v1/teams/${story.teamId}/api-keys`, {
      name: 'reader',
      permissions: ['events:read', 'deliveries:read'],
    });
    const reader = createApi(() => story.posthorn.url, key);
    const path = `/v1/teams/${story.teamId}/events/${event?.id}/body`;
    const masked = await reader.ask('GET', path);
    expect(masked.headers.get('posthorn-redacted')).toBe('true');
    expect(JSON.stringify(masked.body)).not.toContain('live-token-5');
    expect((await reader.ask('GET', `${path}?reveal=true`)).status).toBe(403);
    expect(JSON.stringify((await story.api.ask('GET', `${path}?reveal=true`)).body)).toContain('live-token-5');
    const [delivery] = (
      await reader.call<{ data: { id: string }[] }>('GET', `/v1/teams/${story.teamId}/deliveries?event=${event?.id}`)
    ).data;
    const seen = await until('the attempt', async () => {
      const one = await reader.call<{ attempts: object[] }>(
        'GET',
        `/v1/teams/${story.teamId}/deliveries/${delivery?.id}`,
      );
      return one.attempts.length > 0 ? JSON.stringify(one) : null;
    });
    expect(seen).toContain('DOCUMENT_SENT');
    expect(seen).not.toContain('live-token-5');
  });

  it('answers Slack and Adobe what they ask', async () => {
    const slack = await story.source('slack', 'a-slack-signing-secret');
    const question = '{"type":"url_verification","challenge":"3eZbrw1aB"}';
    const time = String(now());
    const signature = `v0=${hmac('a-slack-signing-secret', `v0:${time}:${question}`, 'hex')}`;
    const headers = { ...json, 'x-slack-request-timestamp': time, 'x-slack-signature': signature };
    expect(await send(slack, headers, question)).toEqual({ status: 200, text: '3eZbrw1aB' });
    expect(await story.events(slack)).toEqual([]);

    const adobe = await story.source('adobe-sign', 'CBJCHBCAABAA-client-id');
    const asked = await fetch(adobe.url, { headers: { 'x-adobesign-clientid': 'CBJCHBCAABAA-client-id' } });
    expect(asked.status).toBe(200);
    const stranger = await fetch(adobe.url, { headers: { 'x-adobesign-clientid': 'somebody-else' } });
    expect(stranger.status).toBe(401);
  });
});
