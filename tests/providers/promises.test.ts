import { expect, test } from 'vitest';
import type { ProviderProfile } from '../../src/providers/provider-profile.ts';
import { findProfile } from '../../src/providers/registry.ts';
import { brokenPromise } from './promises.ts';

const sound = findProfile('pandadoc') as ProviderProfile;
const parsed = (body: Buffer): { event: { type: string } } => {
  try {
    return JSON.parse(body.toString()) as { event: { type: string } };
  } catch {
    return { event: { type: 'a' } };
  }
};
const identity = { eventType: 'a', externalId: null, dedupeKey: 'a', subject: null, occurredAtMs: null };
type Fault = [what: string, fault: Partial<ProviderProfile>, said: RegExp];

/** A sound profile with one thing wrong, which the requests have to find. */
const faults: Fault[] = [
  ['verifies what has no signature', { verify: () => ({ verified: true, credential: 'a' }) }, /nobody signed/],
  [
    'takes the signature of another body',
    { verify: (request, ...rest) => sound.verify({ ...request, body: Buffer.from('another body') }, ...rest) },
    /nobody signed/,
  ],
  [
    'quotes the signature',
    {
      verify: ({ query }) => ({
        verified: false,
        reason: 'signature_mismatch',
        detail: `Not ${query.get('signature')?.slice(0, 200)}.`,
      }),
    },
    /quotes|detail/,
  ],
  [
    'quotes a secret',
    { verify: (_, [first]) => ({ verified: false, reason: 'signature_mismatch', detail: `Not ${first?.value}.` }) },
    /quotes no secret/,
  ],
  [
    'trusts the shape of a body',
    { identify: ({ body }) => ({ ...identity, eventType: parsed(body).event.type }) },
    /TypeError|argument must be|match/,
  ],
  ['names an event as it came', { identify: ({ body }) => ({ ...identity, eventType: body.toString() }) }, /match/],
  ["takes Posthorn's own names", { identify: () => ({ ...identity, eventType: 'posthorn.x' }) }, /not match/],
  ['has an empty key', { identify: () => ({ ...identity, dedupeKey: '' }) }, /1 to 200/],
  [
    'puts the body into the key',
    { identify: ({ body }) => ({ ...identity, dedupeKey: `a${body.toString()}` }) },
    /control|200/,
  ],
  ['has a time that is none', { identify: () => ({ ...identity, occurredAtMs: Number.NaN }) }, /a time is/],
  [
    'answers another time otherwise',
    { identify: () => ({ ...identity, dedupeKey: String(performance.now()) }) },
    /says the same again/,
  ],
  [
    'gives its credential to whoever asks',
    { handshake: (_, [first]) => ({ status: 200, contentType: null, body: first?.value ?? '' }) },
    /gives no credential away/,
  ],
  ['answers with a status that is none', { answer: () => ({ status: 0, contentType: null, body: '' }) }, /status 0/],
  ['changes the body', { redact: (body) => body.fill(32) }, /left as it came/],
  ['breaks JSON', { redact: (body) => body.subarray(1) }, /JSON stays JSON/],
];

test.each(faults)('a profile that %s is found out', (_what, fault, said) => {
  expect(brokenPromise({ ...sound, ...fault }, { numRuns: 1_000, seed: 7 })).toMatch(said);
});

test('the sound one that they were made from is not', () => {
  expect(brokenPromise(sound, { numRuns: 1_000, seed: 7 })).toBeNull();
});
