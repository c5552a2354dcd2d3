import { checkSignature, type VerificationFailure } from './check-signature.rules.ts';
import {
  type BodyReference,
  type EventContent,
  once,
  parseJson,
  payloadOf,
  readReference,
} from './event-content.rules.ts';
import { type HeaderValues, type ReceivedHeaders, readHeaders } from './received-headers.rules.ts';
import { parseKeys, type SigningScheme } from './signing-keys.rules.ts';

export type VerifyOptions = {
  /** The endpoint's `signing`; Standard Webhooks unless given. */
  signing?: SigningScheme;
  /** How far the signed timestamp may be off, either way; 300 unless given. */
  toleranceSeconds?: number;
  /** The receiver's own time in Unix milliseconds; the system's unless given. */
  now?: () => number;
};

/** One secret, or several while they are being changed: any of them may fit. */
export type Secrets = string | readonly string[];

/**
 * A delivery that Posthorn signed. With Standard Webhooks the signature covers `id`, `timestamp` and `body`; the rest comes
 * from headers beside it.
 */
export type VerifiedWebhook = EventContent & {
  /** The event's id, the same at every attempt and for every endpoint: what to deduplicate by. */
  readonly id: string;
  readonly type: string;
  /** When this attempt was made. */
  readonly timestamp: Date;
  /** 1, 2, 3… */
  readonly attempt: number;
  /** The bytes as they arrived. */
  readonly body: Buffer;
  readonly contentType: string;
  /** The source it came in through; null for an event of the API. */
  readonly sourceId: string | null;
  /** Where the event's own body is, when it is too large for the endpoint: `body` tells that then. See `fetchBody`. */
  readonly reference: BodyReference | null;
};

/** The request is not to be trusted. Neither a secret nor anything of the body is in it. */
export class WebhookVerificationError extends Error {
  readonly reason: VerificationFailure;

  constructor(reason: VerificationFailure, message: string) {
    super(message);
    this.name = 'WebhookVerificationError';
    this.reason = reason;
  }
}

/**
 * Verifies one request by its raw body, its headers and the endpoint's secret or secrets.
 * @throws WebhookVerificationError when it is not verified
 * @throws TypeError for a mistake in the call: a secret that is none, a body that was parsed
 */
export function verify(
  raw: Buffer | Uint8Array | string,
  headers: ReceivedHeaders,
  secret: Secrets,
  options: VerifyOptions = {},
): VerifiedWebhook {
  return prepareVerification(secret, options)(bytesOf(raw), readHeaders(headers));
}

/**
 * Reads the secrets once for many requests.
 * @throws TypeError for a secret or an option that cannot be used
 */
export function prepareVerification(
  secret: Secrets,
  options: VerifyOptions,
): (body: Buffer, headers: HeaderValues) => VerifiedWebhook {
  const { signing = { scheme: 'standard-webhooks' }, toleranceSeconds = 300, now = Date.now } = options;
  if (!(toleranceSeconds >= 0)) throw new TypeError('toleranceSeconds must be a number of seconds, 0 or more.');
  const parsed = parseKeys(signing, typeof secret === 'string' ? [secret] : secret);
  if (!parsed.ok) throw new TypeError(parsed.problem);
  const by = { signing, keys: parsed.keys, toleranceSeconds };
  return (body, headers) => {
    const verdict = checkSignature({ headers, body }, by, now());
    if (!verdict.ok) throw new WebhookVerificationError(verdict.reason, verdict.message);
    return describe(verdict, body, headers);
  };
}

function describe(
  { id, timestampSeconds }: { id: string; timestampSeconds: number },
  body: Buffer,
  headers: HeaderValues,
): VerifiedWebhook {
  const contentType = headers.get('content-type')?.[0] ?? 'application/octet-stream';
  const parse = once(() => parseJson(body, contentType));
  const type = headers.get('posthorn-event-type')?.[0] ?? typeIn(parse());
  if (type === null) {
    throw new WebhookVerificationError('missing_header', 'The header posthorn-event-type is missing.');
  }
  const isReference = headers.get('posthorn-body')?.[0] === 'reference';
  const attempt = headers.get('posthorn-attempt')?.[0] ?? '';
  return {
    id,
    type,
    timestamp: new Date(timestampSeconds * 1000),
    attempt: /^[1-9]\d{0,5}$/.test(attempt) ? Number(attempt) : 1,
    body,
    contentType,
    sourceId: headers.get('posthorn-source')?.[0] ?? null,
    reference: isReference ? readReference(payloadOf(parse(), type)) : null,
    get data() {
      return parse();
    },
    get payload() {
      return payloadOf(parse(), type);
    },
  };
}

function typeIn(data: unknown): string | null {
  const type = typeof data === 'object' && data !== null ? (data as { type?: unknown }).type : undefined;
  return typeof type === 'string' ? type : null;
}

function bytesOf(raw: unknown): Buffer {
  if (typeof raw === 'string') return Buffer.from(raw);
  if (Buffer.isBuffer(raw)) return raw;
  if (raw instanceof Uint8Array) return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  throw new TypeError(
    'The raw body is needed, as a Buffer, Uint8Array or string: take it before a parser such as express.json() does.',
  );
}
