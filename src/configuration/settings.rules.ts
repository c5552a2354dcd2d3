import { parseNetwork } from '../egress/address.rules.ts';
import type { Proxy } from '../egress/proxy.rules.ts';
import { parseProxyUrl } from '../egress/proxy.rules.ts';
import { closestTo } from '../filtering/suggestion.rules.ts';

/** A value that was understood, or what is wrong with it and how to mend it. Neither text repeats a secret. */
export type Parsed<Value> = { ok: true; value: Value } | { ok: false; what: string; remedy: string };

/** Every name that may be set, in the environment or in the file of POSTHORN_CONFIG, and whether it is a secret. */
export const settings = {
  PORT: { secret: false },
  HOST: { secret: false },
  DATABASE_URL: { secret: true },
  HTTPS_PROXY: { secret: true },
  NO_PROXY: { secret: false },
  POSTHORN_ALLOW_NETWORKS: { secret: false },
  POSTHORN_BLOBS: { secret: false },
  POSTHORN_CA_FILE: { secret: false },
  POSTHORN_CONFIG: { secret: false },
  POSTHORN_DATA: { secret: false },
  POSTHORN_DATABASE_CONNECTIONS: { secret: false },
  POSTHORN_DRAIN_SECONDS: { secret: false },
  POSTHORN_ENV: { secret: false },
  POSTHORN_KEY: { secret: true },
  POSTHORN_LOG_LEVEL: { secret: false },
  POSTHORN_MASTER_KEY: { secret: true },
  POSTHORN_MASTER_KEY_FILE: { secret: false },
  POSTHORN_OPERATOR_KEY: { secret: true },
  POSTHORN_PROXY_RESOLVES_NAMES: { secret: false },
  POSTHORN_PUBLIC_URL: { secret: false },
  POSTHORN_RELEASE_MANIFEST: { secret: false },
  POSTHORN_RELEASE_PUBLIC_KEY: { secret: false },
  POSTHORN_REQUESTS_PER_SECOND: { secret: false },
  POSTHORN_REVIEW_EVERY_MINUTES: { secret: false },
  POSTHORN_S3_ACCESS_KEY_ID: { secret: true },
  POSTHORN_S3_ENDPOINT: { secret: false },
  POSTHORN_S3_OBJECT_LOCK: { secret: false },
  POSTHORN_S3_PATH_STYLE: { secret: false },
  POSTHORN_S3_REGION: { secret: false },
  POSTHORN_S3_SECRET_ACCESS_KEY: { secret: true },
  POSTHORN_S3_SECRET_ACCESS_KEY_FILE: { secret: false },
  POSTHORN_SHUTDOWN_SECONDS: { secret: false },
  POSTHORN_SIGNING_TRUST: { secret: false },
  POSTHORN_SPOOL_MAX_MB: { secret: false },
  POSTHORN_TEAM: { secret: false },
  POSTHORN_TRUSTED_PROXIES: { secret: false },
  POSTHORN_URL: { secret: false },
} as const satisfies Record<string, { secret: boolean }>;

export type SettingName = keyof typeof settings;

export const environments = ['development', 'production'] as const;
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** What to do about a name that means nothing here. */
export function remedyForUnknownName(name: string): string {
  const meant = closestTo(name, Object.keys(settings));
  return meant === undefined ? 'remove it' : `did you mean ${meant}?`;
}

/** A whole number from `least` to `most`, in digits. */
export function parseWhole(text: string, least: number, most: number): Parsed<number> {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return { ok: true, value };
  return {
    ok: false,
    what: `${quote(text)} is not in its range`,
    remedy: `set a whole number from ${least} to ${most}`,
  };
}

export function parseYesNo(text: string): Parsed<boolean> {
  if (/^(true|yes|on|1)$/i.test(text)) return { ok: true, value: true };
  if (/^(false|no|off|0)$/i.test(text)) return { ok: true, value: false };
  return { ok: false, what: `${quote(text)} is neither yes nor no`, remedy: 'set true or false' };
}

export function parseChoice<Choice extends string>(text: string, choices: readonly Choice[]): Parsed<Choice> {
  const found = choices.find((choice) => choice === text.toLowerCase());
  if (found !== undefined) return { ok: true, value: found };
  const meant = closestTo(text, choices);
  const remedy = meant === undefined ? `set one of ${choices.join(', ')}` : `did you mean ${meant}?`;
  return { ok: false, what: `${quote(text)} is not known`, remedy };
}

/** A host name or a literal address to listen on, without a port or a scheme. */
export function parseHost(text: string): Parsed<string> {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  const literal = parseNetwork(host) !== null && !host.includes('/');
  if (literal || /^(?=.{1,253}$)[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(host)) return { ok: true, value: host };
  return {
    ok: false,
    what: `${quote(text)} is not a host name or address`,
    remedy: 'set an address such as 127.0.0.1 or 0.0.0.0; the port goes into PORT',
  };
}

/** CIDRs separated by commas or spaces. */
export function parseNetworks(text: string): Parsed<readonly string[]> {
  const networks = text.split(/[\s,]+/).filter((part) => part !== '');
  const wrong = networks.filter((network) => parseNetwork(network) === null);
  if (wrong.length === 0) return { ok: true, value: networks };
  const remedy = 'write networks as 10.2.0.0/16 or fd12:3456::/32, separated by commas';
  return {
    ok: false,
    what: `${wrong.map(quote).join(', ')} ${wrong.length === 1 ? 'is no network' : 'are no networks'}`,
    remedy,
  };
}

/** Networks whose word is taken for where a request came from; never all there are. */
export function parseTrustedProxies(text: string): Parsed<readonly string[]> {
  const parsed = parseNetworks(text);
  const all = parsed.ok ? parsed.value.filter((network) => parseNetwork(network)?.prefix === 0) : [];
  if (all.length === 0) return parsed;
  const remedy = 'name the addresses of your proxies alone: anybody else could write any sender into a header';
  return { ok: false, what: `${all.map(quote).join(', ')} trusts everybody`, remedy };
}

export function parseDatabaseUrl(text: string): Parsed<string> {
  // `postgres://user@/database?host=/run/postgresql` is libpq's form for a Unix socket; a URL needs a host to parse.
  const whole = text.replace(/^(\w+:\/\/[^/]*@)\//, '$1localhost/');
  const protocol = URL.canParse(whole) ? new URL(whole).protocol : '';
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') {
    const remedy = 'set postgres://user:password@host:5432/database, special characters percent-encoded';
    return { ok: false, what: 'is not the URL of a PostgreSQL database', remedy };
  }
  return { ok: true, value: text };
}

export function parseProxy(text: string): Parsed<Proxy> {
  const proxy = parseProxyUrl(text);
  if (proxy !== null) return { ok: true, value: proxy };
  return { ok: false, what: 'is not the URL of an HTTP proxy', remedy: 'set it to http://user:password@proxy:3128' };
}

/** An absolute http or https URL, given back without a trailing slash. */
export function parseServiceUrl(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return { ok: true, value: url.href.replace(/\/+$/, '') };
  }
  return {
    ok: false,
    what: `${quote(text)} is not an http URL`,
    remedy: 'set it to http://127.0.0.1:8420 or the like',
  };
}

/** The URL that others reach this Posthorn under: http or https, perhaps with a path. */
export function parsePublicUrl(text: string): Parsed<string> {
  const url = plainUrl(text);
  if (url !== null) return { ok: true, value: url };
  const remedy = 'set it to https://hooks.example.com or the like: no user, nothing after ? or #';
  return { ok: false, what: 'is not a URL that others could reach Posthorn under', remedy };
}

/** An http or https URL without user, query and fragment, and without a slash at its end; null when it is not one. */
export function plainUrl(text: string): string | null {
  if (!/^https?:\/\/[^/?#@\\\s][^?#@\\\s]*$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).href.replace(/\/+$/, '');
}

/** What an error message says of a value that is no secret: quoted, shortened, without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
