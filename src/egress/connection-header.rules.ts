/** Of one connection, or framing one message: RFC 9110 section 7.6.1, RFC 9112 section 6. */
const ofTheConnection: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Whether a header belongs to one connection, between two parties: it is neither passed on nor anybody's to choose.
 * Content-Length is not among them, since a body may pass unchanged.
 * @param name in lower case
 */
export function isConnectionHeader(name: string): boolean {
  return ofTheConnection.has(name) || name.startsWith('proxy-');
}
