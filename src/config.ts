import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readPublicKey } from './audit/checkpoint.rules.ts';
import type { BlobSettings } from './blobs/open-blob-store.ts';
import {
  missingMasterKey,
  missingOperatorKey,
  parseMasterKeys,
  parseOperatorKey,
} from './configuration/key-settings.ts';
import { readBlobSettings } from './configuration/read-blob-settings.ts';
import { readerOf, readNamedFile, readSecret } from './configuration/setting-reader.ts';
import {
  type Environment,
  type FileSystem,
  gatherSettings,
  type SettingProblem,
  type SettingSources,
} from './configuration/setting-sources.ts';
import {
  environments,
  logLevels,
  type Parsed,
  parseChoice,
  parseDatabaseUrl,
  parseHost,
  parseNetworks,
  parseProxy,
  parsePublicUrl,
  parseServiceUrl,
  parseTrustedProxies,
  parseWhole,
  parseYesNo,
} from './configuration/settings.rules.ts';
import { type Proxy, type ProxyBypass, parseNoProxy } from './egress/proxy.rules.ts';
import { readTrustList } from './pdf-signatures/read-certificates.ts';

/** Everything that an operator decides, read and validated once. */
export type Config = {
  environment: (typeof environments)[number];
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Absolute. */
  dataFolder: string;
  /** A secret. `null`: the embedded PostgreSQL in the data folder. */
  databaseUrl: string | null;
  databaseConnections: number;
  /** A secret. `null`: made on first start and kept in the data folder; never in production. */
  operatorKey: string | null;
  /** Secrets of 32 bytes; the first seals, all open. Empty: made on first start; never in production. */
  masterKeys: readonly Buffer[];
  /** CIDRs that may be reached although they are private. */
  allowNetworks: readonly string[];
  logLevel: (typeof logLevels)[number];
  /** Certificate authorities to trust beside the public ones, PEM. */
  caPem: string | null;
  /** Roots that certificates in signed documents may lead to, PEM; `null`: those that Node trusts. */
  signingTrustPem: string | null;
  proxy: { to: Proxy; bypass: ProxyBypass; resolvesNames: boolean } | null;
  /** How long everything goes on when it is told to stop, while `/readyz` is red. */
  drainSeconds: number;
  shutdownSeconds: number;
  /** For each api key; `null` is no limit. */
  requestsPerSecond: number | null;
  /** Between two looks at a review that is not closed. */
  reviewEveryMinutes: number;
  /** Where large bodies live. Holds the secret of an S3 access key. */
  blobs: BlobSettings;
  /** Where others reach this Posthorn, without a slash at its end. `null` until it listens: PORT is 0. */
  publicUrl: string | null;
  /** CIDRs of proxies that are believed where a request came from. */
  trustedProxies: readonly string[];
  /** How much may wait on disk while the database is away. */
  spoolMaxBytes: number;
  /** Where the signed manifest of the release lies, `null` beside package.json; and whose signature counts, if any. */
  release: { manifestPath: string | null; publicKey: KeyObject | null };
};

const bytesPerMb = 1024 * 1024;

/** `config` is null when there are problems; warnings alone stop nothing. */
export type ConfigReading = {
  config: Config | null;
  problems: readonly SettingProblem[];
  warnings: readonly SettingProblem[];
};

/** Where a client of a running Posthorn finds it. `key` is a secret. */
export type ClientSettings = { url: string; key: string | null; team: string | null; dataFolder: string };

const disk: FileSystem = {
  read: (path) => readFileSync(path, 'utf8'),
  mode: (path) => (process.platform === 'win32' ? null : statSync(path).mode & 0o777),
};

/** Reads the configuration: never throws, and finds every problem at once. No text of a problem holds a secret. */
export function readConfig(env: Environment = process.env, files: FileSystem = disk): ConfigReading {
  const sources = gatherSettings(env, files, process.cwd());
  const read = readerOf(sources);
  const environment = read('POSTHORN_ENV', (text) => parseChoice(text, environments), 'development');
  const host = read('HOST', parseHost, '127.0.0.1');
  const port = read('PORT', (text) => parseWhole(text, 0, 65_535), 8420);
  const config: Config = {
    environment,
    host,
    port,
    dataFolder: sources.path('POSTHORN_DATA', 'data'),
    databaseUrl: read('DATABASE_URL', parseDatabaseUrl, null),
    databaseConnections: read('POSTHORN_DATABASE_CONNECTIONS', (text) => parseWhole(text, 2, 500), 10),
    operatorKey: read('POSTHORN_OPERATOR_KEY', (text) => parseOperatorKey(text, environment), null),
    masterKeys: readMasterKeys(sources, files),
    allowNetworks: read('POSTHORN_ALLOW_NETWORKS', parseNetworks, []),
    logLevel: read('POSTHORN_LOG_LEVEL', (text) => parseChoice(text, logLevels), 'info'),
    caPem: readCertificates(sources, files, 'POSTHORN_CA_FILE'),
    signingTrustPem: readSigningTrust(sources, files),
    proxy: readProxy(sources),
    drainSeconds: read('POSTHORN_DRAIN_SECONDS', (text) => parseWhole(text, 0, 600), 0),
    shutdownSeconds: read('POSTHORN_SHUTDOWN_SECONDS', (text) => parseWhole(text, 1, 3600), 25),
    requestsPerSecond: read('POSTHORN_REQUESTS_PER_SECOND', (text) => parseWhole(text, 1, 1_000_000), null),
    reviewEveryMinutes: read('POSTHORN_REVIEW_EVERY_MINUTES', (text) => parseWhole(text, 1, 1440), 15),
    blobs: readBlobSettings(sources, files, environment),
    publicUrl: read('POSTHORN_PUBLIC_URL', parsePublicUrl, port === 0 ? null : localUrl(host, port)),
    trustedProxies: read('POSTHORN_TRUSTED_PROXIES', parseTrustedProxies, []),
    spoolMaxBytes: read('POSTHORN_SPOOL_MAX_MB', (text) => parseWhole(text, 1, 1_048_576), 1024) * bytesPerMb,
    release: readReleaseSettings(sources),
  };
  if (environment === 'production') demandKeys(sources);
  const { problems, warnings } = sources;
  return { config: problems.length === 0 ? config : null, problems, warnings };
}

/** What `posthorn send` needs; a server's settings that are wrong do not concern it. */
export function readClientSettings(env: Environment = process.env, files: FileSystem = disk): ClientSettings {
  const sources = gatherSettings(env, files, process.cwd());
  const read = readerOf(sources);
  const port = read('PORT', (text) => parseWhole(text, 1, 65_535), 8420);
  return {
    url: read('POSTHORN_URL', parseServiceUrl, `http://127.0.0.1:${port}`),
    key: sources.get('POSTHORN_KEY') ?? null,
    team: sources.get('POSTHORN_TEAM') ?? null,
    dataFolder: sources.path('POSTHORN_DATA', 'data'),
  };
}

/** What `posthorn release` needs, with what is wrong with it; a server's other settings do not concern it. */
export function readReleaseConfig(
  env: Environment = process.env,
  files: FileSystem = disk,
): { release: Config['release']; problems: readonly SettingProblem[] } {
  const sources = gatherSettings(env, files, process.cwd());
  return { release: readReleaseSettings(sources), problems: sources.problems };
}

/** The environment with some of its variables replaced, as command line options do. */
export function environmentWith(overrides: Environment): Environment {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...process.env, ...Object.fromEntries(given) };
}

/** Whether colour is wanted on a terminal of this kind (no-color.org, force-color.org). */
export function wantsColour(isTerminal: boolean, env: Environment = process.env): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '') return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

function readMasterKeys(sources: SettingSources, files: FileSystem): readonly Buffer[] {
  const names = { itself: 'POSTHORN_MASTER_KEY', file: 'POSTHORN_MASTER_KEY_FILE' } as const;
  return readSecret(sources, files, names, parseMasterKeys) ?? [];
}

/** Where this machine reaches what listens there: everybody's address is nobody's. */
function localUrl(host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function readCertificates(
  sources: SettingSources,
  files: FileSystem,
  variable: 'POSTHORN_CA_FILE' | 'POSTHORN_SIGNING_TRUST',
): string | null {
  if (sources.get(variable) === undefined) return null;
  const pem = readNamedFile(sources, files, variable);
  if (pem === null || /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(pem)) return pem;
  const what = `${sources.path(variable, '')} holds no certificate`;
  sources.problems.push({ variable, what, remedy: 'name a PEM file: it has a line -----BEGIN CERTIFICATE-----' });
  return null;
}

/** Each root has to be one: a certificate that cannot be read would trust nothing, and say nothing. */
function readSigningTrust(sources: SettingSources, files: FileSystem): string | null {
  const variable = 'POSTHORN_SIGNING_TRUST';
  const pem = readCertificates(sources, files, variable);
  const wanted = pem?.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  const read = pem === null ? 0 : readTrustList([pem]).length;
  if (read === wanted) return pem;
  const what = `${sources.path(variable, '')} holds ${wanted} certificates, of which ${read} can be read`;
  sources.problems.push({ variable, what, remedy: 'name a PEM file of whole X.509 certificates' });
  return null;
}

function readProxy(sources: SettingSources): Config['proxy'] {
  const read = readerOf(sources);
  const to = read('HTTPS_PROXY', parseProxy, null);
  const resolvesNames = read('POSTHORN_PROXY_RESOLVES_NAMES', parseYesNo, false);
  return to === null ? null : { to, bypass: parseNoProxy(sources.get('NO_PROXY') ?? ''), resolvesNames };
}

function readReleaseSettings(sources: SettingSources): Config['release'] {
  const isNamed = sources.get('POSTHORN_RELEASE_MANIFEST') !== undefined;
  return {
    manifestPath: isNamed ? sources.path('POSTHORN_RELEASE_MANIFEST', '') : null,
    publicKey: readerOf(sources)('POSTHORN_RELEASE_PUBLIC_KEY', parsePublicKey, null),
  };
}

function parsePublicKey(text: string): Parsed<KeyObject> {
  const value = readPublicKey(text);
  if (value !== null) return { ok: true, value };
  return { ok: false, what: 'is no Ed25519 public key', remedy: 'give its PEM, or the base64 of its DER' };
}

function demandKeys(sources: SettingSources): void {
  if (sources.get('POSTHORN_MASTER_KEY') === undefined && sources.get('POSTHORN_MASTER_KEY_FILE') === undefined) {
    sources.problems.push({ variable: 'POSTHORN_MASTER_KEY', ...missingMasterKey });
  }
  if (sources.get('POSTHORN_OPERATOR_KEY') === undefined) {
    sources.problems.push({ variable: 'POSTHORN_OPERATOR_KEY', ...missingOperatorKey });
  }
}
