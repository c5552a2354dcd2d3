import { isConnectionHeader } from '../../egress/connection-header.rules.ts';

/** The caller's own ways to say who it is: it says so to Posthorn, and the connection says it to the provider. */
const credentials: ReadonlySet<string> = new Set([
  'api-key',
  'apikey',
  'authorization',
  'cookie',
  'cookie2',
  'x-access-token',
  'x-amz-security-token',
  'x-api-key',
  'x-api-token',
  'x-auth-token',
  'x-authorization',
  'x-csrf-token',
  'x-docusign-authentication',
  'x-xsrf-token',
]);

/** Which way the request came: it would show the caller's network, and providers may trust it. */
const ofTheRoute: ReadonlySet<string> = new Set([
  'cf-connecting-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-real-ip',
]);

/** Some servers take method or path from these, past everything that was judged. */
const ofTheTarget: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]);

/** Answers speak for the provider's host: its cookies, transport and browser rules are not this one's. */
const ofTheProvidersHost: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'nel',
  'public-key-pins',
  'report-to',
  'reporting-endpoints',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'via',
  'www-authenticate',
]);

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers of a call that go to the provider. Content-Length is left to whoever sends the body. The caller's
 * User-Agent stays, with Posthorn behind it; Accept-Encoding stays as it is, since bodies pass unchanged.
 * @param flat name, value, name, value, as they came
 * @param options.replaced names in lower case that the connection's credentials set
 * @returns flat; names in lower case
 */
export function requestHeaders(
  flat: readonly string[],
  options: { version: string; replaced?: ReadonlySet<string> },
): string[] {
  const own = `Posthorn/${options.version}`;
  const named = namedInConnection(flat);
  const passed: string[] = [];
  let agent: string | null = null;
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const { name, goesOut } = judged(flat[index] as string);
    const text = flat[index + 1] as string;
    if (!goesOut || !value.test(text)) continue;
    if (name === 'user-agent') agent ??= text;
    else if (name !== 'content-length' && !named.has(name) && !options.replaced?.has(name)) passed.push(name, text);
  }
  passed.push('user-agent', agent === null || agent === '' ? own : `${agent} ${own}`);
  return passed;
}

/**
 * The headers of an answer that go back to the caller. Cookies do not: callers of one connection would share them.
 * Content-Length stays, since the body passes unchanged.
 * @param flat name, value, name, value, as they came
 * @returns flat; names in lower case
 */
export function responseHeaders(flat: readonly string[]): string[] {
  const named = namedInConnection(flat);
  const passed: string[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const { name, comesBack } = judged(flat[index] as string);
    const text = flat[index + 1] as string;
    if (comesBack && !named.has(name) && value.test(text)) passed.push(name, text);
  }
  return passed;
}

type Judged = { name: string; goesOut: boolean; comesBack: boolean };

/** The same few names come with every call. */
const known = new Map<string, Judged>();
const mostKnown = 1_000;
const longestKnown = 64;

/** What is no header field (RFC 9110, section 5) is left out, both ways. */
function judged(written: string): Judged {
  const before = known.get(written);
  if (before !== undefined) return before;
  const name = written.toLowerCase();
  const isField = token.test(name);
  const verdict = { name, goesOut: isField && mayGoOut(name), comesBack: isField && mayGoBack(name) };
  if (known.size >= mostKnown) known.clear();
  if (written.length <= longestKnown) known.set(written, verdict);
  return verdict;
}

function mayGoOut(name: string): boolean {
  if (isConnectionHeader(name) || credentials.has(name) || ofTheRoute.has(name) || ofTheTarget.has(name)) return false;
  return !/^(?:x-forwarded-|posthorn-)/.test(name);
}

function mayGoBack(name: string): boolean {
  if (isConnectionHeader(name) || ofTheProvidersHost.has(name)) return false;
  return !/^(?:posthorn-|access-control-)/.test(name);
}

/** Headers that Connection names are of the connection too, but for those that a message is nothing without. */
function namedInConnection(flat: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | null = null;
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] as string;
    if (name.length !== connectionLength || name.toLowerCase() !== 'connection') continue;
    named ??= new Set();
    for (const each of (flat[index + 1] as string).split(',')) named.add(each.trim().toLowerCase());
  }
  for (const kept of keptAnyway) named?.delete(kept);
  return named ?? none;
}

const connectionLength = 'connection'.length;
const keptAnyway = ['content-type', 'content-encoding', 'content-length'];
const none: ReadonlySet<string> = new Set();
