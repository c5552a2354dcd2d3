import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';

/** How an inbox checks what arrives. `header` is lower case; Standard Webhooks has its own three. */
export type Verification = {
  scheme: 'standard-webhooks' | 'hmac-sha256-hex' | 'shared-secret-header';
  header: string;
  secrets: readonly string[];
};

/** `unchecked`: the inbox was given no secret, and a signature is there. */
export type Verdict =
  | { state: 'verified' }
  | { state: 'unsigned' }
  | { state: 'unchecked' }
  | { state: 'wrong'; why: string };

export type SignedRequest = {
  /** Every value of every header, names in lower case. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
  body: Buffer;
};

const standardHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/** Seconds that a timestamp may be off, from the Standard Webhooks reference implementations. */
const toleranceSeconds = 300;

/** Whether a request was signed by someone who holds one of the secrets. `nowMs` is the receiver's own time. */
export function verifyWebhook(request: SignedRequest, verification: Verification, nowMs: number): Verdict {
  const { scheme, header, secrets } = verification;
  const names = scheme === 'standard-webhooks' ? standardHeaders : [header];
  const twice = names.find((name) => (request.headers[name]?.length ?? 0) > 1);
  if (twice !== undefined) return wrong(`${twice} came twice`);
  const [first, timestamp, signature] = names.map((name) => request.headers[name]?.[0]);
  if ((scheme === 'standard-webhooks' ? signature : first) === undefined) return { state: 'unsigned' };
  if (secrets.length === 0) return { state: 'unchecked' };
  if (scheme === 'shared-secret-header') return judge(secrets.some((secret) => same(first ?? '', secret)));
  if (scheme === 'hmac-sha256-hex') {
    // While a secret is being rotated, the header's `-previous` holds what the older one signs.
    const given = [first, ...(request.headers[`${header}-previous`] ?? [])].join(' ').split(' ').map(lastDigest);
    const digests = secrets.map((secret) => createHmac('sha256', secret).update(request.body).digest('hex'));
    return judge(digests.some((digest) => given.some((each) => same(each, digest))));
  }
  if (first === undefined) return wrong('webhook-id is missing');
  if (!/^\d{1,12}$/.test(timestamp ?? '')) return wrong('webhook-timestamp is not a time');
  const offSeconds = Math.round(nowMs / 1000 - Number(timestamp));
  if (Math.abs(offSeconds) > toleranceSeconds) {
    return wrong(`the timestamp is ${Math.abs(offSeconds)} s ${offSeconds > 0 ? 'old' : 'ahead'}`);
  }
  const content = Buffer.concat([Buffer.from(`${first}.${timestamp}.`), request.body]);
  const given = (signature ?? '').split(' ');
  return judge(secrets.some((secret) => given.some((each) => standardMatches(each, content, secret))));
}

/** Null when the secret can be used with the scheme, else what is wrong with it. */
export function secretProblem(secret: string, scheme: Verification['scheme']): string | null {
  if (scheme !== 'standard-webhooks') return secret === '' ? 'is empty' : null;
  if (secret.startsWith('whpk_')) return publicKey(secret) === null ? 'is no Ed25519 public key' : null;
  const key = secret.replace(/^whsec_/, '');
  return key !== '' && /^[A-Za-z\d+/]+={0,2}$/.test(key) ? null : 'is not base64 after whsec_';
}

function standardMatches(signature: string, content: Buffer, secret: string): boolean {
  const comma = signature.indexOf(',');
  const version = signature.slice(0, comma);
  const value = signature.slice(comma + 1);
  if (version === 'v1a') {
    const key = publicKey(secret);
    return key !== null && verify(null, content, key, Buffer.from(value, 'base64'));
  }
  if (version !== 'v1' || secret.startsWith('whpk_')) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return same(value, createHmac('sha256', key).update(content).digest('base64'));
}

function publicKey(secret: string): KeyObject | null {
  if (!secret.startsWith('whpk_')) return null;
  const raw = Buffer.from(secret.slice(5), 'base64');
  if (raw.length !== 32) return null;
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') } });
}

/** The hex digest at the end: whatever is before it, such as `sha256=`, is the endpoint's own choice. */
function lastDigest(signature: string): string {
  return /[\da-f]{64}$/i.exec(signature)?.[0].toLowerCase() ?? '';
}

function same(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function judge(matches: boolean): Verdict {
  return matches ? { state: 'verified' } : wrong('no secret fits the signature');
}

function wrong(why: string): Verdict {
  return { state: 'wrong', why };
}
