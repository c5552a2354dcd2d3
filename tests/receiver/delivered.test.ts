import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Outcome } from '../../src/receiver/outcome.ts';
import { postgresStore } from '../../src/receiver/postgres-store.ts';
import type { ReceiverOptions } from '../../src/receiver/receiver-options.ts';
import type { SigningScheme } from '../../src/receiver/signing-keys.rules.ts';
import type { VerifiedWebhook } from '../../src/receiver/verify.ts';
import { createApi } from '../support/api.ts';
import { type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { servers, startExpress, type StartServer } from './servers.ts';

let posthorn: PosthornProcess;
let dataFolder: string;
const api = createApi(() => posthorn.url);

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-receiver-'));
  posthorn = await startPosthorn({ dataFolder });
}, 120_000);
afterAll(async () => {
  await posthorn?.end('SIGTERM');
  rmSync(dataFolder, { recursive: true, force: true });
});

type Attempt = {
  status: number | null;
  request: { headers: { name: string; value: string }[] };
  response: { body: { content: string } } | null;
};
type Delivery = { id: string; state: string; eventId: string; attempts: Attempt[] };
type Made = { id: string; secret: string; signing: SigningScheme & { publicKeys?: string[] } };
const someSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

/** A team with one endpoint at a receiver that is told the endpoint's secret, unless the test tells another. */
async function receive(
  start: StartServer,
  options: Partial<ReceiverOptions> & { endpoint?: Record<string, unknown>; stranger?: boolean } = {},
) {
  const { endpoint: more = {}, stranger = false, onEvent, ...rest } = options;
  const events: VerifiedWebhook[] = [];
  const outcomes: Outcome[] = [];
  const team = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'receiving' });
  await api.call('POST', `/v1/teams/${team.id}/event-types`, { name: 'invoice.paid' });
  const secrets: string[] = [someSecret];
  const server = await start({
    secret: () => secrets,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...rest,
    onEvent: async (event) => {
      events.push(event);
      await onEvent?.(event);
    },
  });
  onTestFinished(() => server.close());
  const endpoint = await api.call<Made>('POST', `/v1/teams/${team.id}/endpoints`, {
    url: server.url,
    eventTypes: ['invoice.paid'],
    retry: { scheduleSeconds: [1, 1, 1, 1], timeoutMs: 20_000 },
    ...more,
  });
  if (!stranger) secrets.splice(0, 1, endpoint.signing.publicKeys?.[0] ?? endpoint.secret);
  const path = `/v1/teams/${team.id}`;
  return {
    server,
    events,
    outcomes,
    endpoint,
    secrets,
    path,
    kinds: () => outcomes.map(({ outcome, status }) => `${outcome} ${status}`),
    post: (payload: unknown) => api.call<{ id: string }>('POST', `${path}/events`, { type: 'invoice.paid', payload }),
    /** The delivery of an event, once it is in this state, with what its attempts were answered. */
    async ended(eventId: string, state = 'succeeded', attempts = 1) {
      const delivery = await until(`the delivery to be ${state}`, async () => {
        const { data } = await api.call<{ data: Delivery[] }>(
          'GET',
          `${path}/deliveries?event=${eventId}&state=${state}`,
        );
        const [first] = data;
        const shown = first && (await api.call<Delivery>('GET', `${path}/deliveries/${first.id}`));
        return shown !== undefined && shown.attempts.length >= attempts ? shown : null;
      });
      const answers = delivery.attempts.map(({ status, response }) => `${status} ${response?.body.content.trim()}`);
      return { delivery, answers };
    },
  };
}

describe.each(Object.entries(servers))('%s', (_name, start) => {
  it('handles what Posthorn delivers, and once what it delivers again', async () => {
    const receiver = await receive(start);
    const { id } = await receiver.post({ invoice: 'INV-1', payer: 'Škoda & Söhne' });
    const { delivery } = await receiver.ended(id);
    expect(receiver.events).toMatchObject([
      { id, type: 'invoice.paid', attempt: 1, payload: { invoice: 'INV-1', payer: 'Škoda & Söhne' } },
    ]);
    await api.call('POST', `${receiver.path}/deliveries/${delivery.id}/resend`);
    const { answers } = await receiver.ended(id, 'succeeded', 2);
    expect(answers).toEqual(['200 handled', '200 duplicate']);
    expect(receiver.events).toHaveLength(1);
  });

  it('takes any content type, byte for byte', async () => {
    const receiver = await receive(start);
    const body = Buffer.from([0, 255, 13, 10, 254]);
    const answer = await fetch(`${posthorn.url}${receiver.path}/events?type=invoice.paid`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer test-operator-key-0123456789abcdef0123456789abcdef',
        'content-type': 'application/octet-stream',
      },
      body,
    });
    const { id } = (await answer.json()) as { id: string };
    await receiver.ended(id);
    expect(receiver.events[0]?.body.equals(body)).toBe(true);
    expect(receiver.events[0]).toMatchObject({ contentType: 'application/octet-stream', data: undefined });
  });

  it('has an event sent again at which its handler failed', async () => {
    let failures = 2;
    const receiver = await receive(start, {
      onEvent: () => {
        failures -= 1;
        if (failures >= 0) throw new Error('no room');
      },
    });
    const { id } = await receiver.post({});
    const { answers } = await receiver.ended(id);
    expect(answers).toEqual(['500 failed', '500 failed', '200 handled']);
    expect(receiver.events.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('refuses what another secret signed, and says why where Posthorn keeps it', async () => {
    const receiver = await receive(start, { stranger: true, endpoint: { retry: { scheduleSeconds: [] } } });
    const { id } = await receiver.post({});
    const { answers } = await receiver.ended(id, 'dead');
    expect(answers).toEqual(['401 refused: no_matching_signature']);
    expect(receiver.events).toEqual([]);
  });

  it('takes the old secret and the new one while they are rotated, then the new one', async () => {
    const receiver = await receive(start);
    const old = [...receiver.secrets];
    const rotated = await api.call<{ secret: string }>(
      'POST',
      `${receiver.path}/endpoints/${receiver.endpoint.id}/secret/rotate`,
      { overlapSeconds: 3_600 },
    );
    for (const secrets of [old, [rotated.secret], [...old, rotated.secret]]) {
      receiver.secrets.splice(0, 2, ...secrets);
      const { id } = await receiver.post({});
      expect((await receiver.ended(id)).answers).toEqual(['200 handled']);
    }
    await api.call('POST', `${receiver.path}/endpoints/${receiver.endpoint.id}/secret/rotate`, { overlapSeconds: 0 });
    const { id } = await receiver.post({});
    await until('the refusal', () => receiver.outcomes.find((one) => one.reason === 'no_matching_signature'));
    expect(receiver.events.map((event) => event.id)).not.toContain(id);
  });

  it('answers 413 to a body that is too large for it, and Posthorn gets that answer', async () => {
    const receiver = await receive(start, { maxBodyBytes: 100_000, endpoint: { retry: { scheduleSeconds: [] } } });
    const { id } = await receiver.post({ text: 'x'.repeat(900_000) });
    expect((await receiver.ended(id, 'dead')).answers).toEqual(['413 too_large: more than 100000 bytes']);
    const small = await receiver.post({ text: 'x'.repeat(90_000) });
    expect((await receiver.ended(small.id)).answers).toEqual(['200 handled']);
  });

  it('answers at once and works then, in that mode', async () => {
    const gate = Promise.withResolvers<void>();
    const receiver = await receive(start, { mode: 'before', onEvent: () => gate.promise });
    const { id } = await receiver.post({});
    expect((await receiver.ended(id)).answers).toEqual(['202 accepted']);
    await until('the work to begin', () => receiver.events.length === 1);
    gate.resolve();
    await until('the work to be told of', () => receiver.kinds().includes('handled null'));
  });
});

describe('with Express', () => {
  it('does not work twice on an event that takes longer than the endpoint waits', async () => {
    const gate = Promise.withResolvers<void>();
    const receiver = await receive(startExpress, {
      onEvent: () => gate.promise,
      retryAfterSeconds: 1,
      endpoint: { retry: { scheduleSeconds: [1, 1, 1, 1, 1, 1], timeoutMs: 1_000 } },
    });
    const { id } = await receiver.post({});
    await until('an attempt to find it busy', () => receiver.kinds().includes('busy 409'));
    gate.resolve();
    const { answers } = await receiver.ended(id);
    expect(answers.at(0)).toMatch(/^null/);
    expect(answers).toContain('409 busy');
    expect(answers.at(-1)).toBe('200 duplicate');
    expect(receiver.events).toHaveLength(1);
  });

  it.each<[SigningScheme, string | undefined]>([
    [{ scheme: 'standard-webhooks-ed25519' }, undefined],
    [{ scheme: 'hmac-sha256-hex', header: 'X-Hub-Signature-256' }, 'a secret of ours'],
    [{ scheme: 'hmac-sha256-hex', header: 'X-Signature', prefix: 'v0=' }, undefined],
    [{ scheme: 'shared-secret-header', header: 'X-Documenso-Secret' }, 'a secret of ours'],
  ])('verifies %j', async (signing, secret) => {
    const receiver = await receive(startExpress, {
      signing,
      endpoint: { signing, ...(secret === undefined ? {} : { secret }), retry: { scheduleSeconds: [] } },
    });
    const { id } = await receiver.post({});
    expect((await receiver.ended(id)).answers).toEqual(['200 handled']);
    receiver.secrets.splice(0, 1, signing.scheme === 'standard-webhooks-ed25519' ? someSecret : 'another');
    const other = await receiver.post({});
    expect((await receiver.ended(other.id, 'dead')).answers).toEqual(['401 refused: no_matching_signature']);
  });

  it('is told where a body is that is too large for its endpoint', async () => {
    const receiver = await receive(startExpress, { endpoint: { largeBodies: { inlineMaxBytes: 1_000 } } });
    const { id } = await receiver.post({ text: 'x'.repeat(2_000) });
    await receiver.ended(id);
    expect(receiver.events[0]).toMatchObject({
      id,
      reference: { url: expect.stringContaining(id) as string, contentType: 'application/json' },
    });
    expect(receiver.events[0]?.reference?.sizeBytes).toBeGreaterThan(2_000);
    const small = await receiver.post({});
    await receiver.ended(small.id);
    expect(receiver.events[1]).toMatchObject({ id: small.id, reference: null });
  });

  it('handles once what reaches two of its servers many times, with a store in PostgreSQL', async () => {
    await using database = await createTestDatabase();
    const store = () => postgresStore({ query: (text, values) => database.pool.query<object>(text, values) });
    let body: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    const first = await receive(startExpress, {
      store: store(),
      onEvent: (event) => {
        ({ body } = event);
        throw new Error('not this time');
      },
      endpoint: { retry: { scheduleSeconds: [] } },
    });
    const { id } = await first.post({});
    const { delivery } = await first.ended(id, 'dead');
    const headers = Object.fromEntries(
      (delivery.attempts[0]?.request.headers ?? []).map(({ name, value }) => [name, value]),
    );

    const handled: string[] = [];
    const options = { secret: first.secrets[0] ?? '', onEvent: (event: VerifiedWebhook) => handled.push(event.id) };
    const both = await Promise.all([1, 2].map(() => startExpress({ ...options, store: store() })));
    for (const server of both) onTestFinished(() => server.close());
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const response = await fetch(both[n % 2]?.url ?? '', { method: 'POST', headers, body });
        return response.status;
      }),
    );
    expect(handled).toEqual([id]);
    expect(answers.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(answers).toContain(200);
  });
});
