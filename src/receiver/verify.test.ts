import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { generateSecret, publicKeyOf } from '../signing/secret.rules.ts';
import { createSigner } from '../signing/signer.rules.ts';
import type { SigningScheme as SendersScheme } from '../signing/signing-scheme.rules.ts';
import type { ReceivedHeaders } from './received-headers.rules.ts';
import type { SigningScheme } from './signing-keys.rules.ts';
import { type VerifyOptions, verify, WebhookVerificationError } from './verify.ts';

const nowMs = Date.parse('2026-05-06T07:08:09.500Z');
const nowSeconds = Math.floor(nowMs / 1000);
const body = Buffer.from('{"type":"invoice.paid","timestamp":"2026-05-06T07:08:09.000Z","data":{"amount":12.50}}');
const standard: SigningScheme = { scheme: 'standard-webhooks' };
const ed25519: SigningScheme = { scheme: 'standard-webhooks-ed25519' };
const hex: SigningScheme = { scheme: 'hmac-sha256-hex', header: 'X-Signature' };
const shared: SigningScheme = { scheme: 'shared-secret-header', header: 'X-Documenso-Secret' };
const secret = generateSecret(standard, randomBytes);

type Signing = { signing?: SendersScheme; secrets?: string[]; id?: string; timestampSeconds?: number; body?: Buffer };

/** The headers of a delivery, as Posthorn's own signer makes them. */
function signed({ signing = standard, secrets = [secret], id = 'evt_1', ...rest }: Signing = {}) {
  const { timestampSeconds = nowSeconds } = rest;
  const flat = createSigner(signing, secrets).headersFor({ id, timestampSeconds, body: rest.body ?? body });
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'posthorn-event-type': 'invoice.paid',
    'posthorn-attempt': '3',
  };
  for (let index = 0; index < flat.length; index += 2)
    headers[(flat[index] as string).toLowerCase()] = flat[index + 1]!;
  return headers;
}

function reasonOf(headers: ReceivedHeaders, secrets: string | string[] = secret, options: VerifyOptions = {}): string {
  try {
    verify(body, headers, secrets, { now: () => nowMs, ...options });
    return 'verified';
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.reason;
    throw error;
  }
}

describe('verify', () => {
  it('takes what Posthorn signs, and tells what it is', () => {
    const webhook = verify(body, signed(), secret, { now: () => nowMs });
    expect(webhook).toMatchObject({
      id: 'evt_1',
      type: 'invoice.paid',
      timestamp: new Date(nowSeconds * 1000),
      attempt: 3,
      contentType: 'application/json',
      data: { type: 'invoice.paid', data: { amount: 12.5 } },
      payload: { amount: 12.5 },
    });
    expect(webhook.body.equals(body)).toBe(true);
  });

  it('takes what standardwebhooks and svix sign, whatever the body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.string({ unit: 'grapheme' }), (key, text) => {
        const theirs = `whsec_${Buffer.from(key).toString('base64')}`;
        for (const Webhook of [StandardWebhook, SvixWebhook]) {
          const signature = new Webhook(theirs).sign('msg_1', new Date(nowMs), text);
          const headers = { ...signed(), 'webhook-id': 'msg_1', 'webhook-signature': signature };
          expect(verify(text, headers, theirs, { now: () => nowMs }).id).toBe('msg_1');
        }
      }),
    );
  });

  it('agrees with standardwebhooks about requests of all kinds', () => {
    const sent = signed({ timestampSeconds: Math.floor(Date.now() / 1000) });
    const change = fc.constantFrom('', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'body', 'secret');
    let taken = 0;
    fc.assert(
      fc.property(change, fc.nat(), fc.constantFrom('0', '9', 'A', 'z', '=', ' ', '+'), (what, at, character) => {
        const edit = (text: string): string => {
          const place = at % text.length;
          return text.slice(0, place) + character + text.slice(place + 1);
        };
        const headers = { ...sent, ...(what in sent ? { [what]: edit(sent[what] ?? '') } : {}) };
        const text = what === 'body' ? edit(body.toString()) : body.toString();
        const key = what === 'secret' ? generateSecret(standard, randomBytes) : secret;
        const passes = (verifies: () => unknown): boolean => {
          try {
            verifies();
            return true;
          } catch {
            return false;
          }
        };
        const ours = passes(() => verify(text, headers, key));
        const theirs = passes(() => new StandardWebhook(key).verify(text, headers));
        // They read "178A" as the time 178; everything else is the same.
        if (/^\d+$/.test(headers['webhook-timestamp'] ?? '')) expect(ours).toBe(theirs);
        else expect(ours).toBe(false);
        if (ours) taken += 1;
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it("takes the reference implementation's own v1a vector with the public key", () => {
    const seed = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature':
        'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
      'posthorn-event-type': 'test',
    };
    const options = { now: () => 1_614_265_330_000 };
    expect(verify('{"test": 2432232314}', headers, publicKeyOf(seed) ?? '', options).id).toMatch(/^msg_/);
    expect(() => verify('{"test": 2432232315}', headers, publicKeyOf(seed) ?? '', options)).toThrow(
      'No signature fits',
    );
  });

  it.each([
    ['standard-webhooks', standard, (key: string) => key],
    ['standard-webhooks-ed25519', ed25519, (key: string) => publicKeyOf(key) ?? ''],
    ['hmac-sha256-hex', hex, (key: string) => key],
    ['hmac-sha256-hex without a prefix', { ...hex, prefix: '' }, (key: string) => key],
    ['shared-secret-header', shared, (key: string) => key],
  ])('takes either secret while %s is rotated, and no stranger', (_name, signing, receiversPart) => {
    const [older, newer, stranger] = [1, 2, 3].map(() => generateSecret(signing, randomBytes)) as [
      string,
      string,
      string,
    ];
    const options = { signing };
    const both = [receiversPart(older), receiversPart(newer)];
    const before = signed({ signing, secrets: [older] });
    const during = signed({ signing, secrets: [newer, older] });
    const after = signed({ signing, secrets: [newer] });
    for (const headers of [before, during, after]) expect(reasonOf(headers, both, options)).toBe('verified');
    expect(reasonOf(during, receiversPart(newer), options)).toBe('verified');
    // An older shared secret is never sent again.
    const withOlder = signing.scheme === 'shared-secret-header' ? 'no_matching_signature' : 'verified';
    expect(reasonOf(during, receiversPart(older), options)).toBe(withOlder);
    expect(reasonOf(during, receiversPart(stranger), options)).toBe('no_matching_signature');
  });

  it.each([standard, ed25519, hex])('refuses a body that differs in one bit, under $scheme', (signing) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, bit) => {
        const key = generateSecret(signing, randomBytes);
        const headers = signed({ signing, secrets: [key], body: Buffer.from(bytes) });
        const mine = publicKeyOf(key) ?? key;
        const options = { signing, now: () => nowMs };
        expect(verify(bytes, headers, mine, options).body.equals(bytes)).toBe(true);
        const other = Uint8Array.from(bytes);
        other[Math.floor(bit / 8) % bytes.length]! ^= 1 << (bit % 8);
        expect(() => verify(other, headers, mine, options)).toThrow(WebhookVerificationError);
      }),
    );
  });

  it('reads headers as servers hand them out, in any spelling', () => {
    const plain = signed();
    const shouted = Object.fromEntries(Object.entries(plain).map(([name, value]) => [name.toUpperCase(), value]));
    const lists = Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, [value]]));
    for (const headers of [plain, shouted, lists, new Headers(plain), new Map(Object.entries(plain))]) {
      expect(reasonOf(headers)).toBe('verified');
    }
  });

  it('takes text, bytes and a view into other bytes for the same body', () => {
    const view = new Uint8Array(Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]).buffer).subarray(0);
    const part = Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]).subarray(6, 6 + body.length);
    expect(view.length).toBeGreaterThan(body.length);
    for (const raw of [body, body.toString(), new Uint8Array(body), part]) {
      expect(verify(raw, signed(), secret, { now: () => nowMs }).body.equals(body)).toBe(true);
    }
  });
});

describe('a request is refused', () => {
  const good = signed();
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([each]) => each !== name));
  const none = `v1,${Buffer.alloc(32).toString('base64')}`;

  it.each<[string, ReceivedHeaders, string]>([
    ['without an id', without('webhook-id'), 'missing_header'],
    ['without a timestamp', without('webhook-timestamp'), 'missing_header'],
    ['without a signature', without('webhook-signature'), 'missing_header'],
    ['with an empty signature', { ...good, 'webhook-signature': '' }, 'missing_header'],
    [
      'with two signature headers',
      { ...good, 'webhook-signature': [none, good['webhook-signature']!] },
      'duplicate_header',
    ],
    ['with two spellings of one', { ...good, 'Webhook-Signature': none }, 'duplicate_header'],
    [
      'with two joined by a server',
      { ...good, 'webhook-signature': `${none}, ${good['webhook-signature']}` },
      'duplicate_header',
    ],
    [
      'with the good one first',
      { ...good, 'webhook-signature': `${good['webhook-signature']}, ${none}` },
      'duplicate_header',
    ],
    ['with two ids joined', { ...good, 'webhook-id': 'evt_1, evt_1' }, 'duplicate_header'],
    [
      'with two timestamps joined',
      { ...good, 'webhook-timestamp': `${nowSeconds}, ${nowSeconds}` },
      'duplicate_header',
    ],
    ['with a dot in the id', { ...good, 'webhook-id': 'evt_1.2' }, 'malformed_header'],
    ['with a time that is none', { ...good, 'webhook-timestamp': 'now' }, 'malformed_header'],
    ['with a negative time', { ...good, 'webhook-timestamp': '-1' }, 'malformed_header'],
    ['with a signature that is none', { ...good, 'webhook-signature': 'none' }, 'malformed_header'],
    ['with very many signatures', { ...good, 'webhook-signature': `${none} `.repeat(33) }, 'malformed_header'],
    ['with a signature of an unknown version', { ...good, 'webhook-signature': 'v2,AAAA' }, 'no_matching_signature'],
    [
      'with a signature cut short',
      { ...good, 'webhook-signature': good['webhook-signature']!.slice(0, -4) },
      'no_matching_signature',
    ],
    ['with another id', { ...good, 'webhook-id': 'evt_2' }, 'no_matching_signature'],
    ['with another timestamp', { ...good, 'webhook-timestamp': String(nowSeconds - 1) }, 'no_matching_signature'],
  ])('%s', (_about, headers, reason) => {
    expect(reasonOf(headers)).toBe(reason);
  });

  it('when no header and no body says what type it is', () => {
    const { 'posthorn-event-type': _type, ...untyped } = signed();
    expect(verify(body, untyped, secret, { now: () => nowMs }).type).toBe('invoice.paid');
    const headers = { ...signed({ body: Buffer.from('[]') }), 'posthorn-event-type': undefined };
    expect(() => verify('[]', headers, secret, { now: () => nowMs })).toThrow('posthorn-event-type is missing');
  });

  it('when it is more than the tolerance old or ahead, to the second', () => {
    const at = (offSeconds: number, options: VerifyOptions = {}) =>
      reasonOf(signed({ timestampSeconds: nowSeconds + offSeconds }), secret, options);
    expect([-301, -300, 300, 301].map((off) => at(off))).toEqual([
      'timestamp_too_old',
      'verified',
      'verified',
      'timestamp_too_new',
    ]);
    expect(at(-100_000, { toleranceSeconds: Number.POSITIVE_INFINITY })).toBe('verified');
    expect(at(-11, { toleranceSeconds: 10 })).toBe('timestamp_too_old');
    // The timestamp is not signed under this scheme, and so proves nothing.
    const old = signed({ signing: hex, secrets: ['key'], timestampSeconds: nowSeconds - 9_000 });
    expect(reasonOf(old, 'key', { signing: hex })).toBe('verified');
  });

  it('when a weaker scheme is tried than the one that was chosen', () => {
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    expect(reasonOf({ ...without('webhook-signature'), 'x-signature': `sha256=${mac}` })).toBe('missing_header');
    const pair = generateSecret(ed25519, randomBytes);
    // v1 made with the public key's text, which anybody may know.
    const forged = signed({ secrets: [`whsec_${(publicKeyOf(pair) ?? '').slice(5)}`] });
    expect(reasonOf(forged, publicKeyOf(pair) ?? '')).toBe('no_matching_signature');
  });

  it.each([
    [
      'hex digits that are too few',
      { ...signed({ signing: hex, secrets: ['key'] }), 'x-signature': 'sha256=00' },
      'malformed_header',
    ],
    [
      'another prefix',
      { ...signed({ signing: hex, secrets: ['key'] }), 'x-signature': `v0=${'0'.repeat(64)}` },
      'malformed_header',
    ],
    [
      'two joined',
      {
        ...signed({ signing: hex, secrets: ['key'] }),
        'x-signature': `sha256=${'0'.repeat(64)}, sha256=${'0'.repeat(64)}`,
      },
      'duplicate_header',
    ],
    ['another key', signed({ signing: hex, secrets: ['other'] }), 'no_matching_signature'],
  ])('under hmac-sha256-hex with %s', (_about, headers, reason) => {
    expect(reasonOf(headers, 'key', { signing: hex })).toBe(reason);
  });
});

describe('a mistake in the call', () => {
  it.each<[string, string | string[], VerifyOptions]>([
    ['no secret', [], {}],
    ['an empty secret', '', { signing: hex }],
    ['a secret without its prefix', 'PLANTEDPLANTEDPLANTEDPLANTEDPLAN', {}],
    ['a secret that is too short', 'whsec_PLANTED=', {}],
    ['base64 that is none', 'whsec_PLANTED PLANTED PLANTED PLANTED', {}],
    ['base64 with something else in it', `whsec_${'PLANTED '.repeat(8)}`, {}],
    ['a private key', 'whsk_PLANTEDPLANTEDPLANTEDPLANTEDPLANTEDPLANTED=', {}],
    ['a public key that is too short', 'whpk_PLANTED=', {}],
    ['one bad secret of two', [secret, 'PLANTED'], {}],
    ['a scheme without its header', 'PLANTED', { signing: { scheme: 'hmac-sha256-hex' } as unknown as SigningScheme }],
    ['an unknown scheme', 'PLANTED', { signing: { scheme: 'none' } as unknown as SigningScheme }],
    ['a tolerance that is no number', secret, { toleranceSeconds: Number.NaN }],
  ])('%s is a TypeError that holds nothing of it', (_about, secrets, options) => {
    const call = () => verify(body, signed(), secrets, { now: () => nowMs, ...options });
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^(?!.*PLANTED)/);
  });

  it('a body that was parsed already is told as such', () => {
    const parsed = JSON.parse(body.toString()) as never;
    expect(() => verify(parsed, signed(), secret)).toThrow(/express\.json/);
  });
});

describe('what a webhook says', () => {
  const of = (text: string | Buffer, contentType: string, type = 'invoice.paid') => {
    const raw = Buffer.from(text);
    const headers = { ...signed({ body: raw }), 'content-type': contentType, 'posthorn-event-type': type };
    return verify(raw, headers, secret, { now: () => nowMs });
  };

  it('is JSON where the content type says so and the bytes are', () => {
    expect(of('{"a":1}', 'application/cloudevents+json; charset=utf-8').data).toEqual({ a: 1 });
    expect(of('5', 'text/plain').data).toBeUndefined();
    expect(of('{"a":', 'application/json').data).toBeUndefined();
    expect(of(Buffer.from([0x22, 0xff, 0x22]), 'application/json').data).toBeUndefined();
    expect(of('<a/>', 'application/xml').payload).toBeUndefined();
  });

  it('is parsed once, when it is asked for', () => {
    const webhook = of('{"a":{"b":1}}', 'application/json');
    expect(webhook.data).toBe(webhook.data);
  });

  it('is framed only where Posthorn framed it', () => {
    const frame = '{"type":"invoice.paid","timestamp":"2026-05-06T07:08:09.000Z","data":[1]}';
    expect(of(frame, 'application/json').payload).toEqual([1]);
    expect(of(frame, 'application/json', 'forwarded.invoice.paid').payload).toHaveProperty('timestamp');
    expect(of('{"type":"invoice.paid","data":[1]}', 'application/json').payload).toHaveProperty('type');
    expect(of('[1]', 'application/json').payload).toEqual([1]);
  });

  it('says where a body is that was too large to be sent along, if Posthorn says that it is', () => {
    const data = {
      bodyUrl: 'https://p/bodies/evt_1?x',
      contentType: 'image/x',
      sizeBytes: 9,
      expiresAt: '2026-05-07T00:00:00.000Z',
    };
    const raw = Buffer.from(JSON.stringify({ type: 'invoice.paid', timestamp: '2026-05-06T07:08:09.000Z', data }));
    const referring = (more: Record<string, string>, text = raw) =>
      verify(text, { ...signed({ body: text }), ...more }, secret, { now: () => nowMs });
    const webhook = referring({ 'posthorn-body': 'reference', 'posthorn-source': 'src_1' });
    const { bodyUrl: url, expiresAt, ...rest } = data;
    expect(webhook).toMatchObject({ sourceId: 'src_1', reference: { url, ...rest, expiresAt: new Date(expiresAt) } });
    expect(referring({})).toMatchObject({ sourceId: null, reference: null });
    expect(referring({ 'posthorn-body': 'reference' }, body).reference).toBeNull();
  });

  it('counts a first attempt where no header says which', () => {
    const headers = { ...signed(), 'posthorn-attempt': 'many' };
    expect(verify(body, headers, secret, { now: () => nowMs }).attempt).toBe(1);
  });
});

it('knows the schemes that endpoints know', () => {
  const theirs: SendersScheme[] = [standard, ed25519, hex, shared];
  const ours: SigningScheme[] = theirs;
  expect(new Set(ours.map(({ scheme }) => scheme)).size).toBe(4);
});
