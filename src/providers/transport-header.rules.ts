import { isConnectionHeader } from '../egress/connection-header.rules.ts';

/** Beside those of the connection: what proxies write or change on the way, and X-Forwarded-*. */
const changedByProxies: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'forwarded', 'via']);

/** Why a sender cannot put a value of its own into this header, continuing "the option …"; null when it can. */
export function transportHeaderProblem(name: string): string | null {
  const lower = name.toLowerCase();
  const isOfTheTransport = isConnectionHeader(lower) || changedByProxies.has(lower) || lower.startsWith('x-forwarded-');
  if (!isOfTheTransport) return null;
  return `must be a header of the sender's own: ${lower} is the transport's, and proxies change it`;
}
