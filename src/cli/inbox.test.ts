import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createSigner } from '../signing/signer.rules.ts';
import { obedient } from './inbox/choose-answer.rules.ts';
import type { Verification } from './inbox/verify-webhook.rules.ts';
import { type InboxOptions, runInbox } from './inbox.ts';
import { createPaint } from './terminal/paint.rules.ts';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const standard: Verification = { scheme: 'standard-webhooks', header: 'x-signature', secrets: [secret] };

type Running = {
  url: string;
  lines: string[];
  post(headers: Record<string, string>, body?: string): Promise<Response>;
  stop(): Promise<number>;
  ended: Promise<number>;
};

/** An inbox on a free port, as the verb runs it; its address is read from what it prints. */
async function openInbox(options: Partial<InboxOptions> = {}): Promise<Running> {
  const lines: string[] = [];
  const listening = Promise.withResolvers<string>();
  const stopped = Promise.withResolvers<NodeJS.Signals>();
  const terminal = {
    out(line: string) {
      lines.push(line);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url !== undefined) listening.resolve(url);
    },
    err: (line: string) => void lines.push(line),
    paint: createPaint(false),
    width: 80,
  };
  const ended = runInbox(
    {
      host: '127.0.0.1',
      port: 0,
      verification: standard,
      plan: obedient,
      max: null,
      json: false,
      full: false,
      ...options,
    },
    terminal,
    stopped.promise,
  );
  const url = await Promise.race([listening.promise, ended.then(() => '')]);
  return {
    url,
    lines,
    post: (headers, body = '{"type":"invoice.paid","data":{"amount":"1250.00"}}') =>
      fetch(`${url}/hooks`, { method: 'POST', headers, body }),
    stop() {
      stopped.resolve('SIGTERM');
      return ended;
    },
    ended,
  };
}

function signed(body: string, id = 'evt_1', at = new Date(), withSecret = secret): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(withSecret).sign(id, at, body),
  };
}

describe('an inbox with a secret', () => {
  test('takes and prints what is signed with it', async () => {
    const inbox = await openInbox();
    const body = '{"type":"invoice.paid","data":{"amount":"1250.00"}}';
    const response = await inbox.post({ ...signed(body), 'posthorn-attempt': '3' }, body);
    expect(response.status).toBe(200);
    expect(await inbox.stop()).toBe(0);
    const printed = inbox.lines.join('\n');
    expect(printed).toMatch(/\d\d:\d\d:\d\d {2}invoice\.paid {2}attempt 3 {2}→ 200 {2}verified ✓/);
    expect(printed).toContain('evt_1  /hooks  51 B');
    expect(printed).toContain('    "amount": "1250.00"');
    expect(printed).toContain('1 webhook received.');
  });

  test.each([
    [
      'a wrong secret',
      (body: string) => signed(body, 'evt_1', new Date(), `whsec_${randomBytes(32).toString('base64')}`),
      'No signature fits',
    ],
    ['another body', () => signed('{"type":"invoice.paid","data":{"amount":"9.00"}}'), 'No signature fits'],
    ['an old timestamp', (body: string) => signed(body, 'evt_1', new Date(Date.now() - 600_000)), ' s old'],
    ['no time in the timestamp', (body: string) => ({ ...signed(body), 'webhook-timestamp': 'now' }), 'no Unix time'],
    ['an id that came twice', (body: string) => ({ ...signed(body), 'webhook-id': 'evt_1, evt_1' }), 'more than once'],
    ['no signature', () => ({}), 'unsigned'],
  ])('refuses %s and ends with 1', async (_what, headersFor, said) => {
    const inbox = await openInbox({ max: 1 });
    const body = '{"type":"invoice.paid"}';
    const response = await inbox.post(headersFor(body), body);
    expect(response.status).toBe(401);
    expect(await inbox.ended).toBe(1);
    expect(inbox.lines.join('\n')).toContain(said);
    expect(inbox.lines.join('\n')).not.toContain('verified ✓');
  });

  test('takes either secret while one is being rotated', async () => {
    const newer = `whsec_${randomBytes(32).toString('base64')}`;
    const inbox = await openInbox();
    const signer = createSigner({ scheme: 'standard-webhooks' }, [newer, secret]);
    const flat = signer.headersFor({ id: 'evt_1', timestampSeconds: (Date.now() / 1000) | 0, body: Buffer.from('{}') });
    expect((await inbox.post(pairs(flat), '{}')).status).toBe(200);
    await inbox.stop();
  });

  test.each([
    [{ scheme: 'hmac-sha256-hex', header: 'x-hub-signature-256' }, 'X-Hub-Signature-256'],
    [{ scheme: 'shared-secret-header', header: 'x-documenso-secret' }, 'X-Documenso-Secret'],
  ] as const)('verifies %o', async (scheme, header) => {
    const own = 'correct horse battery staple';
    const inbox = await openInbox({ verification: { ...scheme, secrets: [own] } });
    const signer = createSigner({ scheme: scheme.scheme, header }, [own]);
    const good = pairs(signer.headersFor({ id: 'evt_1', timestampSeconds: 1, body: Buffer.from('{"a":1}') }));
    expect((await inbox.post(good, '{"a":1}')).status).toBe(200);
    const { [scheme.header]: signature = '' } = lowerCased(good);
    const alone = await inbox.post({ [header]: signature.replace('sha256=', 'v0=') }, '{"a":1}');
    expect(alone.status, 'by a sender that sends nothing else').toBe(200);
    const bad = { ...good, [header]: createHmac('sha256', 'other').update('{"a":1}').digest('hex') };
    expect((await inbox.post(bad, '{"a":1}')).status).toBe(401);
    await inbox.stop();
  });

  test('says what is wrong with a secret before it listens', async () => {
    const verification = { ...standard, secrets: ['whsec_!!'] };
    await expect(openInbox({ verification })).rejects.toMatchObject({
      exitCode: 2,
      what: expect.stringMatching(/^--secret cannot be used: the secret must be whsec_ and base64/),
    });
  });
});

describe('an inbox told to misbehave', () => {
  const open: Verification = { ...standard, secrets: [] };

  test('fails the first attempts of each delivery and not of others', async () => {
    const inbox = await openInbox({ verification: open, plan: { ...obedient, failFirst: 2 } });
    const statuses: number[] = [];
    for (const id of ['evt_1', 'evt_1', 'evt_2', 'evt_1']) {
      statuses.push((await inbox.post({ 'webhook-id': id })).status);
    }
    expect(statuses).toEqual([500, 500, 500, 200]);
    await inbox.stop();
  });

  test('answers the status and Retry-After it was told', async () => {
    const plan = { ...obedient, status: 429, retryAfterSeconds: 7 };
    const inbox = await openInbox({ verification: open, plan });
    const response = await inbox.post({});
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    await inbox.stop();
  });

  test('hangs, and stops although an answer is due', async () => {
    const inbox = await openInbox({ verification: open, plan: { ...obedient, hangMs: 3_600_000 } });
    const answer = inbox.post({}).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => inbox.lines.join('\n')).toContain('→ 200 after 60 min');
    expect(await inbox.stop()).toBe(0);
    expect(await answer).toBe('cut');
  });

  test('ends by itself after the given number', async () => {
    const inbox = await openInbox({ verification: open, max: 2 });
    await inbox.post({});
    await inbox.post({});
    expect(await inbox.ended).toBe(0);
  });
});

describe('what an inbox prints', () => {
  const open: Verification = { ...standard, secrets: [] };

  test('never steers the terminal, and is cut to it', async () => {
    const inbox = await openInbox({ verification: open });
    await inbox.post({ 'posthorn-event-type': 'a' }, `\u001B[2J${'x'.repeat(500)}`);
    await inbox.stop();
    expect(inbox.lines.join('\n')).not.toContain('\u001B');
    expect(Math.max(...inbox.lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('is one JSON object a webhook with --json, binary bodies as base64', async () => {
    const lines: string[] = [];
    const { startInboxServer } = await import('./inbox/inbox-server.ts');
    const { webhookAsJson } = await import('./inbox/render-webhook.rules.ts');
    const server = await startInboxServer({
      host: '127.0.0.1',
      port: 0,
      verification: () => open,
      plan: () => obedient,
      onReceived: (webhook) => void lines.push(webhookAsJson(webhook)),
      onAnswered: () => undefined,
    });
    await fetch(server.url, { method: 'POST', body: new Uint8Array([0xff, 0xfe]), headers: { 'webhook-id': 'evt_9' } });
    await server.stop();
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      id: 'evt_9',
      signature: 'unsigned',
      bodyBase64: '//4=',
      answer: 200,
    });
  });
});

test('an inbox refuses bodies that are too large and methods other than POST', async () => {
  const inbox = await openInbox();
  expect((await fetch(inbox.url)).status).toBe(200);
  expect((await fetch(inbox.url, { method: 'PUT', body: 'x' })).status).toBe(405);
  const large = fetch(inbox.url, { method: 'POST', body: Buffer.alloc(10_000_001) });
  expect((await large.catch(() => ({ status: 413 }))).status).toBe(413);
  await inbox.stop();
});

test('two inboxes cannot have one port', async () => {
  const inbox = await openInbox();
  const port = Number(new URL(inbox.url).port);
  await expect(openInbox({ port })).rejects.toMatchObject({ what: `port ${port} of 127.0.0.1 is taken` });
  await inbox.stop();
});

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function pairs(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) headers[flat[index] ?? ''] = flat[index + 1] ?? '';
  return headers;
}
