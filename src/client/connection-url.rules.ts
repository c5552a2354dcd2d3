const connectionIdShape = /^con_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** @throws TypeError when it is no connection's id */
export function requireConnectionId(id: string): string {
  if (typeof id === 'string' && connectionIdShape.test(id)) return id;
  throw new TypeError('A connection is named by its id, con_… (see: posthorn connections list).');
}

/**
 * Where a path of the provider's API is reached through a connection. What a URL parser would rewrite is refused, since it
 * could lead to another connection.
 * @param base Posthorn's URL without a slash at its end
 * @param path below the connection's base URL, with its query; variables in it are encoded already
 * @throws TypeError for a path that cannot be sent as it is
 */
export function connectionUrl(base: string, connectionId: string, path: string): string {
  const problem = problemOfPath(path);
  if (problem !== null) throw new TypeError(`The path ${problem}.`);
  const prefix = `${base}/egress/${connectionId}/`;
  const { href } = new URL(prefix + path.slice(1));
  if (!href.startsWith(prefix)) throw new TypeError('The path leads out of the connection.');
  return href;
}

function problemOfPath(path: string): string | null {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    return "begins with a slash and is relative to the connection's base URL: no scheme, no host";
  }
  if (path.includes('\\')) return 'has a backslash';
  if (path.includes('#')) return 'has a fragment, which is never sent: encode # as %23';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) return 'has control characters';
  const [pathname = ''] = path.split('?', 1);
  const isDots = (segment: string): boolean => /^(?:\.|%2e){1,2}$/i.test(segment);
  return pathname.split('/').some(isDots) ? 'has a segment . or ..' : null;
}

/**
 * A value as one segment of a path.
 * @throws TypeError for what would be no segment of its own
 */
export function pathSegment(value: string | number): string {
  const text = String(value);
  if (text === '' || text === '.' || text === '..') throw new TypeError('An id in a path is empty or only dots.');
  return encodeURIComponent(text);
}
