/**
 * What became of one HTTP exchange. Whether a response counts as success is for the caller to decide; a redirect is a
 * response like any other. `headers` are flat (name, value, name, value) with names in lower case, at most 64 of them
 * and 16 kB. `reusedConnection` with the error `reset` and no `partial` is the usual race with a server that closes
 * idle connections: worth a retry at once.
 */
export type ExchangeResult = ExchangeResponse | ExchangeFailure;

export type ExchangeResponse = {
  kind: 'response';
  status: number;
  headers: string[];
  body: Buffer;
  bodyTruncated: boolean;
  reusedConnection: boolean;
  timing: Timing;
};

/** `stage` is `before` when no byte of the request was written. `message` holds no secret and no private address. */
export type ExchangeFailure = {
  kind: 'failure';
  error: ExchangeError;
  message: string;
  stage: 'before' | 'during';
  reusedConnection: boolean;
  timing: Timing;
  /** What had come of an answer when it failed; the body is at most as long as a whole one may be. */
  partial?: { status: number; headers: string[]; body: Buffer };
};

/** `local`: this machine had no file or memory left for a connection. Nothing was sent, and it is not the server's doing. */
export type ExchangeError = 'dns' | 'tls' | 'connect' | 'timeout' | 'reset' | 'blocked' | 'local' | 'http';

/** Milliseconds, to a tenth. What opening the connection took is null on a reused connection. */
export type Timing = ConnectionTiming & { firstByteMs: number | null; totalMs: number };

/** `connectMs` covers TCP and the proxy; parts that did not happen are null. */
export type ConnectionTiming = { dnsMs: number | null; connectMs: number | null; tlsMs: number | null };

/** @param opened null on a reused connection. */
export function timingOf(opened: ConnectionTiming | null, firstByteMs: number | null, totalMs: number): Timing {
  return {
    dnsMs: tenths(opened?.dnsMs),
    connectMs: tenths(opened?.connectMs),
    tlsMs: tenths(opened?.tlsMs),
    firstByteMs: tenths(firstByteMs),
    totalMs: Math.round(totalMs * 10) / 10,
  };
}

function tenths(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 10) / 10;
}

/** An error whose kind is known where it happens, carried through undici to the exchange. */
export class EgressFailure extends Error {
  readonly error: ExchangeError;

  constructor(error: ExchangeError, message: string) {
    super(message);
    this.name = 'EgressFailure';
    this.error = error;
  }
}

/** Names the kind of an error that came out of the HTTP client or a socket in use. */
export function classifyError(error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : 'unknown error';
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return new EgressFailure('tls', describeTlsError(error));
  }
  // undici leaves the code of some parser errors empty, but not their name.
  const unparsable = error instanceof Error && error.name === 'HTTPParserError';
  if (unparsable || (code.startsWith('UND_ERR') && code !== 'UND_ERR_SOCKET')) {
    return new EgressFailure('http', message);
  }
  if (message.startsWith('bad ')) return new EgressFailure('http', `the server broke the protocol (${message})`);
  return new EgressFailure(
    'reset',
    `the connection was lost (${code === 'UND_ERR_SOCKET' ? message : code || message})`,
  );
}

/** The words for a TLS error: OpenSSL's own messages carry thread ids and source lines. */
export function describeTlsError(error: unknown): string {
  const code = errorCode(error);
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate is for another host (${code})`;
  if (code === 'CERT_HAS_EXPIRED') return `the certificate has expired (${code})`;
  return `TLS failed (${[reason, code].filter(Boolean).join(', ') || 'unknown error'})`;
}

const scarcities: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** What this machine lacked when a socket or a look-up failed; null when that was not why. */
export function scarcityOf(error: unknown): EgressFailure | null {
  const code = errorCode(error);
  if (!scarcities.has(code)) return null;
  const what = code === 'EMFILE' ? "the process's limit of open files is reached" : 'the machine lacks files or memory';
  return new EgressFailure('local', `no connection could be opened here: ${what} (${code})`);
}

/** The `code` of a Node error, or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
