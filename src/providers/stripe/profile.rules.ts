import type { Identity, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  checkTolerance,
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  hmacOf,
  instantMs,
  jsonOf,
  keyText,
  oneHeader,
  parseHex,
  parseUnixSeconds,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'stripe';
const header = 'stripe-signature';
const scheme = 'v1';
const digestBytes = 32;

type Signatures = { timestamp: string; timestampSeconds: number; digests: Buffer[] };

/**
 * Stripe: `Stripe-Signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, with a v1 for each secret while
 * secrets rotate. Other schemes are passed over and never stand in for v1.
 */
export const stripeProfile: ProviderProfile = {
  name,
  title: 'Stripe',
  setup:
    "In Stripe's Workbench or Dashboard, add a webhook destination with this source's URL and choose its events. Then " +
    'reveal its signing secret, which starts with whsec_, and enter it here.',
  credentialKinds: {
    secret: {
      title: 'Signing secret',
      description: 'Starts with whsec_. Stripe shows it with the destination; each destination has its own.',
      problemOf: signingSecretProblem,
    },
  },
  options: {
    toleranceSeconds: {
      kind: 'whole',
      description: 'How far the signed time of a request may be from now, in seconds.',
      default: 300,
      minimum: 1,
      maximum: 86_400,
    },
  },
  contentTypes: ['application/json'],
  // There are hundreds, and more with every API version: they are named as they come.
  eventTypes: [],
  coverageOf: () => 'body',

  verify(request, credentials, options, nowMs) {
    const value = oneHeader(request, header);
    if (typeof value !== 'string') return value;
    const signatures = readSignatures(value);
    if ('verified' in signatures) return signatures;
    const { timestamp, timestampSeconds, digests } = signatures;
    const signer = findSigner(credentials, digests, (secret) =>
      hmacOf('sha256', secret.value, `${timestamp}.`, request.body),
    );
    if (signer === null) return reject('signature_mismatch', `No secret of the source makes a ${scheme} signature.`);
    const stale = checkTolerance(timestampSeconds, nowMs, Number(options['toleranceSeconds']));
    return stale ?? { verified: true, credential: signer.name };
  },

  /** An event keeps its id over all attempts and destinations. Thin events name what they are about elsewhere. */
  identify({ body }): Identity {
    const parsed = jsonOf(body);
    const id = textAt(parsed, 'id');
    return {
      eventType: eventTypeName(name, textAt(parsed, 'type')),
      externalId: keyText(id),
      dedupeKey: id === null ? dedupeKeyOf('body', body) : dedupeKeyOf('id', id),
      subject: keyText(textAt(parsed, 'data', 'object', 'id') ?? textAt(parsed, 'related_object', 'id')),
      occurredAtMs: timeOf(textAt(parsed, 'created') ?? ''),
    };
  },
};

/** One t and the v1 of a list. What does not read as a list of pairs is refused whole. */
function readSignatures(value: string): Signatures | Rejection {
  const timestamps: string[] = [];
  const digests: Buffer[] = [];
  for (const pair of value.split(',')) {
    const [, key = '', text = ''] = /^([a-z0-9]+)=(.*)$/.exec(pair) ?? [];
    if (key === '') return reject('signature_malformed', `${header} is not a list of name=value.`);
    if (key === 't') timestamps.push(text);
    if (key !== scheme) continue;
    const digest = parseHex(text, digestBytes);
    if (digest === null) return reject('signature_malformed', `A ${scheme} signature is not 64 hex digits.`);
    digests.push(digest);
  }
  const [timestamp, ...moreTimestamps] = timestamps;
  if (timestamp === undefined) return reject('timestamp_missing', `${header} has no t.`);
  const timestampSeconds = parseUnixSeconds(timestamp);
  if (timestampSeconds === null || moreTimestamps.length > 0) {
    return reject('timestamp_malformed', `${header} has no single t in Unix seconds.`);
  }
  if (digests.length === 0) return reject('signature_missing', `${header} has no ${scheme} signature.`);
  return { timestamp, timestampSeconds, digests };
}

/** Unix seconds in snapshot events, RFC 3339 in thin ones. */
function timeOf(created: string): number | null {
  const seconds = parseUnixSeconds(created);
  return seconds === null ? instantMs(created) : seconds * 1000;
}

function signingSecretProblem(value: string): string | null {
  if (/^(?:sk|rk|pk)_/.test(value)) {
    return "This is an API key: enter the destination's signing secret, which starts with whsec_.";
  }
  return secretProblem(value);
}
