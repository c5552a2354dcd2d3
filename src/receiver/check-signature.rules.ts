import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { HeaderValues } from './received-headers.rules.ts';
import { type SigningScheme, sharedDigest, type VerificationKey } from './signing-keys.rules.ts';

/** Why a request was not verified: a closed set. */
export const verificationFailures = [
  'missing_header',
  'duplicate_header',
  'malformed_header',
  'timestamp_too_old',
  'timestamp_too_new',
  'no_matching_signature',
] as const;
export type VerificationFailure = (typeof verificationFailures)[number];

type Refusal = { ok: false; reason: VerificationFailure; message: string };
export type Verdict = { ok: true; id: string; timestampSeconds: number } | Refusal;

const defaultHexPrefix = 'sha256=';
/** No sender signs with so many; each costs a computation, and anybody may send them. */
const signaturesMax = 32;
/** No dot, so that the signed content can be taken apart in one way only; no comma, by which duplicates are joined. */
const idShape = /^[\x21-\x2b\x2d\x2f-\x7e]{1,256}$/;

/**
 * Whether a request was signed by a holder of one of the keys. Standard Webhooks 1.0.0 signs `{id}.{timestamp}.{body}`
 * and so refuses an old request; the other schemes do not cover the timestamp, and its age says nothing there.
 * Header values that a server has joined by a comma are told as duplicates.
 */
export function checkSignature(
  request: { headers: HeaderValues; body: Buffer },
  by: { signing: SigningScheme; keys: readonly VerificationKey[]; toleranceSeconds: number },
  nowMs: number,
): Verdict {
  const { signing } = by;
  const isStandard = signing.scheme === 'standard-webhooks' || signing.scheme === 'standard-webhooks-ed25519';
  const signatureHeader = isStandard ? 'webhook-signature' : signing.header.toLowerCase();
  const given: string[] = [];
  for (const name of ['webhook-id', 'webhook-timestamp', signatureHeader]) {
    const values = request.headers.get(name) ?? [];
    if (values.length > 1) return refuse('duplicate_header', `The header ${name} came ${values.length} times.`);
    if (values[0] === undefined || values[0] === '') return refuse('missing_header', `The header ${name} is missing.`);
    given.push(values[0]);
  }
  const [id, timestamp, signature] = given as [string, string, string];
  if (id.includes(',')) return refuse('duplicate_header', 'The header webhook-id came more than once.');
  if (timestamp.includes(',')) return refuse('duplicate_header', 'The header webhook-timestamp came more than once.');
  if (!idShape.test(id)) return refuse('malformed_header', 'The header webhook-id is no message id.');
  if (!/^\d{1,12}$/.test(timestamp)) return refuse('malformed_header', 'The header webhook-timestamp is no Unix time.');
  const timestampSeconds = Number(timestamp);

  const refusal = isStandard
    ? (checkAge(timestampSeconds, by.toleranceSeconds, nowMs) ??
      checkStandard(signature, { id, timestamp, body: request.body }, by.keys))
    : signing.scheme === 'hmac-sha256-hex'
      ? checkHex(signature, request, signing, by.keys)
      : checkShared(signature, signatureHeader, by.keys);
  return refusal ?? { ok: true, id, timestampSeconds };
}

/** Whole seconds, as in the reference implementations. */
function checkAge(timestampSeconds: number, toleranceSeconds: number, nowMs: number): Refusal | null {
  const offSeconds = Math.floor(nowMs / 1000) - timestampSeconds;
  if (offSeconds > toleranceSeconds) {
    return refuse('timestamp_too_old', `The timestamp is ${offSeconds} s old: an old request, or the clocks differ.`);
  }
  if (offSeconds < -toleranceSeconds) {
    return refuse('timestamp_too_new', `The timestamp is ${-offSeconds} s ahead: the clocks differ.`);
  }
  return null;
}

function checkStandard(
  header: string,
  { id, timestamp, body }: { id: string; timestamp: string; body: Buffer },
  keys: readonly VerificationKey[],
): Refusal | null {
  const signatures = header.split(' ').filter((one) => one !== '');
  // Base64 has no comma, so a second one is where two headers were joined.
  if (signatures.some((one) => one.split(',').length > 2)) {
    return refuse('duplicate_header', 'The header webhook-signature came more than once.');
  }
  if (signatures.length > signaturesMax || signatures.some((one) => !/^[^,]+,[^,]+$/.test(one))) {
    return refuse('malformed_header', 'The header webhook-signature is not a list of signatures such as "v1,…".');
  }
  const of = (version: string): string[] =>
    signatures.filter((one) => one.startsWith(`${version},`)).map((one) => one.slice(version.length + 1));
  const [v1, v1a] = [of('v1'), of('v1a')];
  const head = `${id}.${timestamp}.`;
  const fits = keys.some((key) => {
    if (key.kind === 'hmac') {
      const expected = createHmac('sha256', key.key).update(head).update(body).digest('base64');
      return v1.some((one) => same(one, expected));
    }
    if (key.kind !== 'ed25519' || v1a.length === 0) return false;
    const content = Buffer.concat([Buffer.from(head), body]);
    return v1a.some((one) => verify(null, content, key.key, Buffer.from(one, 'base64')));
  });
  if (fits) return null;
  const usable = keys.some((key) => (key.kind === 'hmac' ? v1 : v1a).length > 0);
  return refuse(
    'no_matching_signature',
    usable
      ? 'No signature fits: another secret signed it, or the body is not the raw bytes that were signed.'
      : 'The request carries no signature of the kind that the secrets can verify (whsec_: v1, whpk_: v1a).',
  );
}

function checkHex(
  given: string,
  { headers, body }: { headers: HeaderValues; body: Buffer },
  { header, prefix = defaultHexPrefix }: { header: string; prefix?: string },
  keys: readonly VerificationKey[],
): Refusal | null {
  const digest = given.startsWith(prefix) ? given.slice(prefix.length) : '';
  if (!/^[\da-f]{64}$/i.test(digest)) {
    const joined = digest.includes(',');
    return refuse(
      joined ? 'duplicate_header' : 'malformed_header',
      joined
        ? `The header ${header} came more than once.`
        : `The header ${header} is not "${prefix}" and 64 hex digits.`,
    );
  }
  // While a secret is being rotated, the older ones sign beside the newest.
  const previous = (headers.get(`${header.toLowerCase()}-previous`) ?? []).join(' ').split(' ').slice(0, signaturesMax);
  const digests = [digest, ...previous.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length))];
  const fits = keys.some((key) => {
    if (key.kind !== 'hmac') return false;
    const expected = createHmac('sha256', key.key).update(body).digest('hex');
    return digests.some((one) => same(one.toLowerCase(), expected));
  });
  if (fits) return null;
  return refuse(
    'no_matching_signature',
    'No signature fits: another secret signed it, or the body is not the raw bytes that were signed.',
  );
}

function checkShared(given: string, header: string, keys: readonly VerificationKey[]): Refusal | null {
  const digest = sharedDigest(given);
  const fits = keys.some((key) => key.kind === 'shared' && timingSafeEqual(key.digest, digest));
  return fits ? null : refuse('no_matching_signature', `The header ${header} holds another secret.`);
}

function same(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refuse(reason: VerificationFailure, message: string): Refusal {
  return { ok: false, reason, message };
}
