import { describe, expect, it } from 'vitest';
import { readClientSettings, readConfig } from '../../src/config.ts';
import { settings } from '../../src/configuration/settings.rules.ts';
import { operationalEventTypes } from '../../src/operations/operational-event-types.ts';
import { permissions } from '../../src/teams/permissions.rules.ts';
import { pageAt, tableRows } from './pages.ts';

describe('docs/configuration.md', () => {
  const rows = tableRows(pageAt('docs/configuration.md'), 'name');
  const documented = new Map(rows.map(([name = '', fallback = '', about = '']) => [name, { fallback, about }]));

  it('has every setting once', () => {
    expect(rows).toHaveLength(documented.size);
    expect(new Set(documented.keys())).toEqual(new Set(Object.keys(settings)));
  });

  it('says of every setting whether it is a secret', () => {
    const said = [...documented].map(([name, { about }]) => [name, { secret: about.endsWith('A secret.') }]);
    expect(Object.fromEntries(said)).toEqual(settings);
  });

  it('has the defaults of the code', () => {
    const { config } = readConfig({});
    if (config === null) throw new Error('nothing set is not valid');
    const { config: withBucket } = readConfig({
      POSTHORN_BLOBS: 's3://bodies',
      POSTHORN_S3_ACCESS_KEY_ID: 'id',
      POSTHORN_S3_SECRET_ACCESS_KEY: 'secret',
    });
    const bucket = withBucket?.blobs.kind === 's3' ? withBucket.blobs : undefined;
    const inWords = (value: object | string | number | null, words: string): string =>
      value === null ? words : JSON.stringify(value);
    expect(Object.fromEntries([...documented].map(([name, { fallback }]) => [name, fallback]))).toEqual({
      PORT: String(config.port),
      HOST: config.host,
      POSTHORN_ENV: config.environment,
      POSTHORN_DATA: config.dataFolder.replace(process.cwd(), '.'),
      POSTHORN_CONFIG: 'none',
      POSTHORN_LOG_LEVEL: config.logLevel,
      POSTHORN_DRAIN_SECONDS: String(config.drainSeconds),
      POSTHORN_SHUTDOWN_SECONDS: String(config.shutdownSeconds),
      POSTHORN_REQUESTS_PER_SECOND: inWords(config.requestsPerSecond, 'no limit'),
      POSTHORN_REVIEW_EVERY_MINUTES: String(config.reviewEveryMinutes),
      POSTHORN_SIGNING_TRUST: inWords(config.signingTrustPem, 'those of Node'),
      POSTHORN_RELEASE_PUBLIC_KEY: inWords(config.release.publicKey, 'none'),
      POSTHORN_RELEASE_MANIFEST: inWords(config.release.manifestPath, 'release-manifest.json'),
      DATABASE_URL: inWords(config.databaseUrl, 'the embedded one'),
      POSTHORN_DATABASE_CONNECTIONS: String(config.databaseConnections),
      POSTHORN_OPERATOR_KEY: inWords(config.operatorKey, 'made on first start'),
      POSTHORN_MASTER_KEY: config.masterKeys.length === 0 ? 'made on first start' : '',
      POSTHORN_MASTER_KEY_FILE: 'none',
      POSTHORN_PUBLIC_URL: config.publicUrl,
      POSTHORN_TRUSTED_PROXIES: config.trustedProxies.length === 0 ? 'none' : '',
      POSTHORN_SPOOL_MAX_MB: String(config.spoolMaxBytes / 1024 / 1024),
      POSTHORN_BLOBS: config.blobs.kind === 'folder' ? 'a folder' : '',
      POSTHORN_S3_ENDPOINT: "Amazon's, of the region",
      POSTHORN_S3_REGION: bucket?.region,
      POSTHORN_S3_ACCESS_KEY_ID: 'none',
      POSTHORN_S3_SECRET_ACCESS_KEY: 'none',
      POSTHORN_S3_SECRET_ACCESS_KEY_FILE: 'none',
      POSTHORN_S3_OBJECT_LOCK: 'none',
      POSTHORN_S3_PATH_STYLE: 'with an endpoint',
      POSTHORN_ALLOW_NETWORKS: config.allowNetworks.length === 0 ? 'none' : '',
      POSTHORN_CA_FILE: inWords(config.caPem, 'none'),
      HTTPS_PROXY: inWords(config.proxy, 'none'),
      NO_PROXY: 'none',
      POSTHORN_PROXY_RESOLVES_NAMES: 'false',
      POSTHORN_URL: readClientSettings({}).url,
      POSTHORN_KEY: 'the operator key in the data folder',
      POSTHORN_TEAM: 'the only team',
    });
  });
});

it('docs/api.md has every permission with what it allows', () => {
  expect(Object.fromEntries(tableRows(pageAt('docs/api.md'), 'permission'))).toEqual(permissions);
});

describe('docs/operational-events.md', () => {
  const page = pageAt('docs/operational-events.md');

  it('has every type, and no other', () => {
    const headings = [...page.text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(operationalEventTypes.map(({ name }) => name));
  });

  it.each(operationalEventTypes.map((type) => [type.name, type] as const))('tells %s as it is', (name, type) => {
    const section = page.text.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';
    const [, example = '', schema = ''] =
      /```json example\n([\s\S]*?)```[\s\S]*?```json schema\n([\s\S]*?)```/.exec(section) ?? [];
    expect(section).toContain(type.description);
    expect(JSON.parse(example)).toEqual(type.example);
    expect(JSON.parse(schema)).toEqual(type.schema);
  });
});
