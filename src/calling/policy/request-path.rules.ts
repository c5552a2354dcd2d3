export type EgressPath =
  /** `path` begins with a slash; `query` is empty or begins with `?`. Neither is decoded or rewritten. */
  { ok: true; path: string; query: string } | { ok: false; reason: string };

const longest = 8_192;

/**
 * The part of a raw request target that goes to the provider, exactly as the caller wrote it. What could mean another
 * path to the next reader is refused instead of mended: appended to a base URL, the result keeps origin and base path
 * for whoever parses it, decodes it once more, takes `\` for a slash, or cuts parameters off at `;`.
 * Source: RFC 3986 sections 3.3 and 5.2.4, WHATWG URL (dot segments in any spelling, `\` as a slash).
 * @param rawUrl the request target as it stood in the request line
 * @param prefix what comes before the provider's path, without a slash at its end: `/egress/con_…`
 */
export function readEgressPath(rawUrl: string, prefix: string): EgressPath {
  if (rawUrl.length > longest) return refused(`is longer than ${longest} characters`);
  if (!rawUrl.startsWith('/')) return refused('must begin with a slash, not with a scheme and a host');
  if (!rawUrl.startsWith(prefix)) return refused('does not begin with the path of the connection');
  const rest = rawUrl.slice(prefix.length);
  if (!/^[!-~]*$/.test(rest)) return refused('has a space, a control character or one that is not ASCII: encode it');
  if (rest.includes('#')) return refused('has a fragment, which is never sent');
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  const query = mark === -1 ? '' : rest.slice(mark);
  const problem = path === '' ? null : problemOfPath(path);
  if (problem !== null) return refused(problem);
  // What a query means is the provider's own matter, but line breaks and NUL are never part of it.
  if (/%(?:0[0ad])/i.test(query)) return refused('has an encoded control character in its query');
  return { ok: true, path: path === '' ? '/' : path, query };
}

/** Segments of unreserved characters (RFC 3986, section 2.3) that do not begin with a dot: nobody reads those otherwise. */
const plain = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/?$/;

function problemOfPath(path: string): string | null {
  if (plain.test(path)) return null;
  if (!path.startsWith('/')) return 'does not begin with the path of the connection';
  if (path.startsWith('//')) return 'begins with an empty segment, which could pass for a host';
  if (path.includes('\\')) return 'has a backslash';
  if (/[<>"^`{}]/.test(path)) return 'has a character that must be percent-encoded in a path';
  let layer = path;
  // Decoded as often as it changes: a provider may have several readers one behind the other.
  for (let depth = 0; depth < maxLayers; depth += 1) {
    const problem = problemOfLayer(layer, depth);
    if (problem !== null) return problem;
    const next = decodedOnce(layer);
    if (next === layer) return null;
    layer = next;
  }
  return 'is percent-encoded too many times';
}

const maxLayers = 4;

function problemOfLayer(path: string, depth: number): string | null {
  if (depth === 0 && /%(?![0-9a-f]{2})/i.test(path)) return 'has a percent sign that encodes nothing: write %25';
  if (/%(?:2f|5c)/i.test(path)) return 'has an encoded slash or backslash';
  if (/%(?:[01][0-9a-f]|7f)/i.test(path)) return 'has an encoded control character';
  if (/%c[01]/i.test(path)) return 'has bytes that are never UTF-8, which some read as dots and slashes';
  if (path.includes('\\')) return 'has a backslash';
  const isDots = path.split('/').some((segment) => {
    const [name = ''] = segment.split(/[;?#]|%(?:3b|3f|23)/i);
    return /^(?:\.|%2e){1,2}(?: |%20)*$/i.test(name);
  });
  return isDots ? 'has a segment . or .., in one spelling or another' : null;
}

/** ASCII only: bytes of other characters cannot become dots or slashes. */
function decodedOnce(text: string): string {
  return text.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function refused(reason: string): EgressPath {
  return { ok: false, reason };
}
