/**
 * Headers that frame a message or belong to one connection (RFC 9110 section 7.6.1, RFC 9112 section 6), and those that
 * proxies write or change on the way.
 */
const ofTheTransport: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);
const prefixesOfTheTransport = ['proxy-', 'x-forwarded-'];

/** Why a sender cannot put a value of its own into this header, continuing "the option …"; null when it can. */
export function transportHeaderProblem(name: string): string | null {
  const lower = name.toLowerCase();
  const isOfTheTransport =
    ofTheTransport.has(lower) || prefixesOfTheTransport.some((prefix) => lower.startsWith(prefix));
  if (!isOfTheTransport) return null;
  return `must be a header of the sender's own: ${lower} is the transport's, and proxies change it`;
}
