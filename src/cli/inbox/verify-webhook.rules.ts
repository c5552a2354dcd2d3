import { checkSignature } from '../../receiver/check-signature.rules.ts';
import { type HeaderValues, readHeaders } from '../../receiver/received-headers.rules.ts';
import { parseKeys, type SigningScheme } from '../../receiver/signing-keys.rules.ts';

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

/** Seconds that a timestamp may be off, from the Standard Webhooks reference implementations. */
const toleranceSeconds = 300;
/** In the schemes that do not sign them, other senders than Posthorn need not send them. */
const unsignedHeaders: readonly [string, readonly string[]][] = [
  ['webhook-id', ['unsigned']],
  ['webhook-timestamp', ['0']],
];

/** Whether a request was signed by someone who holds one of the secrets. `nowMs` is the receiver's own time. */
export function verifyWebhook(request: SignedRequest, verification: Verification, nowMs: number): Verdict {
  const { scheme, header, secrets } = verification;
  const signature = request.headers[scheme === 'standard-webhooks' ? 'webhook-signature' : header]?.[0];
  if (signature === undefined) return { state: 'unsigned' };
  if (secrets.length === 0) return { state: 'unchecked' };
  const signing = signingOf(verification, signature);
  const parsed = parseKeys(signing, secrets);
  if (!parsed.ok) return { state: 'wrong', why: parsed.problem };
  const given = readHeaders(request.headers);
  const headers: HeaderValues = scheme === 'standard-webhooks' ? given : new Map([...given, ...unsignedHeaders]);
  const by = { signing, keys: parsed.keys, toleranceSeconds };
  const verdict = checkSignature({ headers, body: request.body }, by, nowMs);
  return verdict.ok ? { state: 'verified' } : { state: 'wrong', why: verdict.message };
}

/** Null when the secret can be used with the scheme, else what is wrong with it, in a sentence. */
export function secretProblem(secret: string, verification: Verification): string | null {
  const parsed = parseKeys(signingOf(verification, ''), [secret]);
  return parsed.ok ? null : parsed.problem;
}

/** Whatever is before the hex digest, such as `sha256=`, is the endpoint's own choice. */
function signingOf({ scheme, header }: Verification, signature: string): SigningScheme {
  if (scheme === 'standard-webhooks') return { scheme };
  return scheme === 'hmac-sha256-hex' ? { scheme, header, prefix: signature.slice(0, -64) } : { scheme, header };
}
