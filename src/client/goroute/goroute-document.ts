/** XML as text or bytes; anything else is sent as JSON. */
export type GorouteDocument = string | Uint8Array<ArrayBuffer> | object;

/** What of a request a document is. */
export function documentRequest(document: GorouteDocument): {
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
} {
  const isXml = typeof document === 'string' || document instanceof Uint8Array;
  return {
    body: isXml ? document : JSON.stringify(document),
    headers: { 'content-type': isXml ? 'application/xml' : 'application/json' },
  };
}
