import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { slackProfile } from './profile.rules.ts';

const options = { toleranceSeconds: 300 };
const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const nowSeconds = nowMs / 1000;
const secret: Credential = { name: 'main', kind: 'secret', value: 'theSigningSecretOfTheApp' };
const otherSecret: Credential = { name: 'next', kind: 'secret', value: 'aNewerSigningSecret' };
const callback = {
  token: 'theVerificationToken',
  team_id: 'T123ABC456',
  api_app_id: 'A123ABC456',
  event: { type: 'app_mention', user: 'U1', text: 'Grüße', channel: 'C123ABC456', event_ts: '1515449522000016' },
  type: 'event_callback',
  event_id: 'Ev123ABC456',
  event_time: 1_795_176_000,
};
const command =
  'token=theVerificationToken&team_id=T0001&channel_id=C2147483705&user_name=Steve&command=%2Fweather&text=94070' +
  '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1234%2F5678&trigger_id=13345224609.738474920.8088930838d88f';
const action = {
  type: 'block_actions',
  token: 'theVerificationToken',
  team: { id: 'T9TK3CUKW', domain: 'example' },
  container: { type: 'message', channel_id: 'CBR2V3XEX' },
  channel: { id: 'CBR2V3XEX', name: 'review' },
  response_url: 'https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209',
};
const interaction = `payload=${encodeURIComponent(JSON.stringify(action))}`;

function signature(body: string | Buffer, by: Credential = secret, timestamp: number | string = nowSeconds): string {
  return `v0=${createHmac('sha256', by.value).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

function signed(body: string | Buffer, changed: Record<string, string | string[]> = {}): InboundRequest {
  const headers = { 'x-slack-signature': signature(body), 'x-slack-request-timestamp': String(nowSeconds) };
  return inbound({ headers: { ...headers, ...changed }, body });
}

function verify(request: InboundRequest) {
  return slackProfile.verify(request, [secret], options, nowMs);
}

for (const [what, body, toleranceSeconds] of [
  ['an event', JSON.stringify(callback, null, 2), 300],
  ['a slash command', command, 300],
  ['an interaction, with a tolerance of its own', interaction, 30],
] as const) {
  describeSigned(what, {
    profile: slackProfile,
    options: { toleranceSeconds },
    credential: secret,
    otherCredential: otherSecret,
    nowMs,
    body: Buffer.from(body),
    sign: ({ body: content, credential, signedAtMs }) =>
      signed(content, {
        'x-slack-signature': signature(content, credential, signedAtMs / 1000),
        'x-slack-request-timestamp': String(signedAtMs / 1000),
      }),
    signatureIn: { header: 'x-slack-signature' },
    toleranceSeconds,
  });
}

describe('the signed headers', () => {
  const plain = createHmac('sha256', secret.value).update(command).digest('hex');
  const again = String(nowSeconds);

  test.each([
    ['no timestamp', { 'x-slack-request-timestamp': '' }, 'timestamp_missing'],
    ['two timestamps', { 'x-slack-request-timestamp': [again, again] }, 'signature_repeated'],
    ['another timestamp', { 'x-slack-request-timestamp': String(nowSeconds + 1) }, 'signature_mismatch'],
    ['a timestamp with a fraction', { 'x-slack-request-timestamp': `${again}.0` }, 'timestamp_malformed'],
    ['a timestamp with a zero before', { 'x-slack-request-timestamp': `0${again}` }, 'signature_mismatch'],
    ['another version', { 'x-slack-signature': signature(command).replace('v0', 'v1') }, 'signature_malformed'],
    ['no version', { 'x-slack-signature': signature(command).slice(3) }, 'signature_malformed'],
    ['a signature over the body alone', { 'x-slack-signature': `v0=${plain}` }, 'signature_mismatch'],
  ])('%s: refused', (_what, changed, reason) => {
    expect(verify(signed(command, changed))).toMatchObject({ verified: false, reason });
  });

  test('the verification token in the body stands in for nothing', () => {
    const request = signed(command, { 'x-slack-signature': '' });
    const byToken = { ...secret, value: 'theVerificationToken' };
    expect(slackProfile.verify(request, [byToken], options, nowMs)).toMatchObject({ reason: 'signature_missing' });
  });
});

describe('the handshake', () => {
  const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P';
  const asked = JSON.stringify({ token: 'theVerificationToken', challenge, type: 'url_verification' });
  const answer = (body: string, method: 'GET' | 'POST' = 'POST') =>
    slackProfile.handshake?.({ ...signed(body), method }, [secret], options);

  test('gives the challenge back as plain text', () => {
    expect(verify(signed(asked))).toMatchObject({ verified: true });
    expect(answer(asked)).toEqual({ status: 200, contentType: 'text/plain', body: challenge });
  });

  test('needs a signature like everything else', () => {
    expect(verify(signed(asked, { 'x-slack-signature': signature(asked, otherSecret) }))).toMatchObject({
      reason: 'signature_mismatch',
    });
  });

  test('is nothing for a GET, which nobody verifies', () => {
    expect(answer(asked, 'GET')).toBeNull();
  });

  test.each([
    ['an event', JSON.stringify(callback)],
    ['a challenge in an event', JSON.stringify({ ...callback, challenge })],
    ['no challenge', '{"type":"url_verification"}'],
    ['an empty challenge', '{"type":"url_verification","challenge":""}'],
    ['a challenge that is no text', '{"type":"url_verification","challenge":{}}'],
    ['a challenge with a line break', '{"type":"url_verification","challenge":"a\\nb"}'],
    ['an endless challenge', JSON.stringify({ type: 'url_verification', challenge: 'a'.repeat(513) })],
    ['a slash command', command],
    ['no text at all', ''],
  ])('is nothing for %s', (_what, body) => {
    expect(answer(body)).toBeNull();
  });
});

describe('identify', () => {
  const identify = (body: string, changed: Record<string, string | string[]> = {}) =>
    slackProfile.identify(signed(body, changed), options);
  const event = (changed: Record<string, unknown>) => JSON.stringify({ ...callback, ...changed });
  const later = { 'x-slack-request-timestamp': String(nowSeconds + 60) };

  test('takes everything of an event from the body', () => {
    expect(identify(event({}))).toEqual({
      eventType: 'app_mention',
      externalId: 'Ev123ABC456',
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: 'T123ABC456/C123ABC456',
      occurredAtMs: 1_795_176_000_000,
    });
  });

  test('an event is known by its id, however often it is sent', () => {
    const { dedupeKey } = identify(event({}));
    expect(identify(event({ authorizations: [] }), { ...later, 'x-slack-retry-num': '1' }).dedupeKey).toBe(dedupeKey);
    expect(identify(event({ event_id: 'Ev2' })).dedupeKey).not.toBe(dedupeKey);
  });

  test.each([
    ['a slash command', command],
    ['an interaction', interaction],
  ])('%s is known by its time and content: given twice it is two', (_what, body) => {
    expect(identify(body).dedupeKey).toBe(identify(body, { 'x-slack-signature': 'v0=0' }).dedupeKey);
    expect(identify(body, later).dedupeKey).not.toBe(identify(body).dedupeKey);
  });

  test('JSON without an event id is known by its content, since it may be repeated', () => {
    const limited = '{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}';
    expect(identify(limited)).toMatchObject({ eventType: 'app_rate_limited', externalId: null, subject: 'T1' });
    expect(identify(limited, later).dedupeKey).toBe(identify(limited).dedupeKey);
  });

  test.each([
    [
      'a slash command',
      command,
      { eventType: 'slash_command.weather', subject: 'T0001/C2147483705', externalId: null },
    ],
    ['a command in another script', 'command=%2F%E5%A4%A9&team_id=T1', { eventType: 'slash_command', subject: 'T1' }],
    ['an interaction', interaction, { eventType: 'block_actions', subject: 'T9TK3CUKW/CBR2V3XEX' }],
    [
      'an interaction in a message',
      `payload=${JSON.stringify({ type: 'shortcut', container: { channel_id: 'C1' } })}`,
      { eventType: 'shortcut', subject: 'C1' },
    ],
    ['an interaction that is no JSON', 'payload=%7B', { eventType: 'slack.unrecognised', subject: null }],
    ['a form of something else', 'ssl_check=1', { eventType: 'slack.unrecognised', subject: null }],
    ['no form at all', 'text', { eventType: 'slack.unrecognised' }],
    ['a list', '[1]', { eventType: 'slack.unrecognised' }],
    ['an event without a type', event({ event: {} }), { eventType: 'slack.unrecognised', subject: 'T123ABC456' }],
    ['an event without an event', event({ event: null }), { eventType: 'slack.unrecognised' }],
    [
      'a channel that is an object',
      event({ event: { type: 'a', channel: { id: 'C9' } } }),
      { subject: 'T123ABC456/C9' },
    ],
    ['a reaction', event({ event: { type: 'a', item: { channel: 'C8' } } }), { subject: 'T123ABC456/C8' }],
    ['no team', event({ team_id: null, event: { type: 'a' } }), { subject: null }],
    ['no time', event({ event_time: 'now' }), { occurredAtMs: null }],
    ['a name of our own', event({ event: { type: 'posthorn.x' } }), { eventType: 'slack.posthorn.x' }],
  ])('names %s', (_what, body, expected) => {
    expect(identify(body)).toMatchObject(expected);
  });
});

describe('what people see', () => {
  const shown = (body: string) => slackProfile.redact?.(Buffer.from(body))?.toString() ?? null;

  test('of an event is without the token, wherever it stands, and otherwise the same', () => {
    const nested = JSON.stringify({ ...callback, event: { response_url: 'https://hooks.slack.com/x', text: 'token' } });
    expect(shown(nested)).toBe(
      nested.replace('theVerificationToken', '***').replace('https://hooks.slack.com/x', '***'),
    );
  });

  test('of a slash command is without token and response URL, and otherwise the same', () => {
    const masked = shown(command);
    expect(masked).toBe(
      command
        .replace('theVerificationToken', '***')
        .replace('https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1234%2F5678', '***'),
    );
  });

  test('of an interaction is without them inside of its payload', () => {
    const payload: unknown = JSON.parse(new URLSearchParams(shown(interaction) ?? '').get('payload') ?? '');
    expect(payload).toEqual({ ...action, token: '***', response_url: '***' });
  });

  test('of a body that was cut off holds none either', () => {
    for (const body of [JSON.stringify(callback), command, interaction]) {
      for (let length = 0; length < body.length; length += 1) {
        const cut = body.slice(0, length);
        expect(decodeURIComponent((shown(cut) ?? cut).replace(/%.?$/, ''))).not.toMatch(/theVer|hooks\.slack/);
      }
    }
  });

  test('is the body itself when there is nothing to mask', () => {
    expect([shown('{"type":"x"}'), shown('command=%2Fx'), shown('payload=%7B%7D'), shown('')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('whatever comes', () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const text = fc.oneof(
    hex.map((digits) => `v0=${digits}`),
    fc.constant(String(nowSeconds)),
    fc.string({ unit: 'binary' }),
  );
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom('event_callback', 'url_verification', { type: 'x' }));
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((payload) => `payload=${encodeURIComponent(payload)}`),
    fc.string({ unit: 'binary' }).map((field) => `payload=${field}&token=${field}&command=${field}`),
    fc
      .record({ type: member, event: member, event_id: member, event_time: member, challenge: member, token: member })
      .map((all) => JSON.stringify(all)),
  );

  test('nothing throws, nothing arbitrary is verified, and every identity can be stored', () => {
    const reasons = new Set<string>();
    const values = fc.array(text, { maxLength: 2 });
    const credential = fc.oneof(
      fc.constant(secret),
      fc.string().map((value) => ({ ...secret, value })),
    );
    fc.assert(
      fc.property(values, values, content, fc.array(credential), (signatures, timestamps, body, credentials) => {
        const headers = { 'x-slack-signature': signatures, 'x-slack-request-timestamp': timestamps };
        const request = inbound({ headers, body });
        const verdict = slackProfile.verify(request, credentials, options, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = slackProfile.identify(request, options);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const key of [identity.externalId, identity.subject]) expect((key ?? '').length).toBeLessThanOrEqual(200);
        expect(slackProfile.handshake?.(request, credentials, options)?.status ?? 200).toBe(200);
        expect(slackProfile.redact?.(request.body)).toSatisfy((shown) => shown === null || Buffer.isBuffer(shown));
      }),
      { numRuns: 1_000 },
    );
    expect(reasons).toContain('signature_mismatch');
  });
});
