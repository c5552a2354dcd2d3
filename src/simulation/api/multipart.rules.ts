/** One part of a multipart body. Names of headers are in lower case. */
export type Part = {
  headers: ReadonlyMap<string, string>;
  /** Parameters of its Content-Disposition: `name`, `filename`, `documentid`. */
  disposition: ReadonlyMap<string, string>;
  body: Buffer;
};

/** The parts of a body (RFC 2046, section 5.1); null when it is not multipart, or not whole. */
export function readMultipart(body: Buffer, contentType: string): Part[] | null {
  const boundary = /^multipart\/[\w-]+;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i
    .exec(contentType)
    ?.slice(1)
    .find(Boolean);
  if (boundary === undefined) return null;
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at !== -1) {
    const after = at + delimiter.length;
    if (body.subarray(after, after + 2).equals(Buffer.from('--'))) return parts;
    const head = body.indexOf('\r\n', after);
    const next = head === -1 ? -1 : body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), head);
    if (next === -1) return null;
    parts.push(readPart(body.subarray(head + 2, Math.max(head + 2, next))));
    at = next + 2;
  }
  return null;
}

function readPart(part: Buffer): Part {
  const end = part.indexOf('\r\n\r\n');
  const isBare = part.subarray(0, 2).equals(Buffer.from('\r\n'));
  const head = isBare || end === -1 ? '' : part.subarray(0, end).toString('utf8');
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = new Map<string, string>();
  for (const [, name = '', quoted, bare] of (headers.get('content-disposition') ?? '').matchAll(
    /;\s*([\w*-]+)=(?:"([^"]*)"|([^;\s]*))/g,
  )) {
    disposition.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  return { headers, disposition, body: part.subarray(isBare ? 2 : end === -1 ? 0 : end + 4) };
}
