import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { readClientSettings, readConfig, wantsColour } from './config.ts';
import type { FileSystem } from './configuration/setting-sources.ts';

const masterKey = randomBytes(32).toString('base64');
const operatorKey = randomBytes(32).toString('base64url');

/** Files by absolute path; a mode other than 0600 is given beside the text. */
function filesOf(files: Record<string, string | { text: string; mode: number }>): FileSystem {
  const find = (path: string) => {
    const file = files[path];
    if (file === undefined) throw Object.assign(new Error('absent'), { code: 'ENOENT' });
    return typeof file === 'string' ? { text: file, mode: 0o600 } : file;
  };
  return { read: (path) => find(path).text, mode: (path) => find(path).mode };
}

const noFiles = filesOf({});

function problemsOf(env: Record<string, string>, files = noFiles): string[] {
  return readConfig(env, files).problems.map(({ variable }) => variable);
}

describe('readConfig', () => {
  test('needs nothing in development', () => {
    const { config, problems, warnings } = readConfig({}, noFiles);
    expect([problems, warnings]).toEqual([[], []]);
    expect(config).toEqual({
      environment: 'development',
      host: '127.0.0.1',
      port: 8420,
      dataFolder: resolve('data'),
      databaseUrl: null,
      databaseConnections: 10,
      operatorKey: null,
      masterKeys: [],
      allowNetworks: [],
      logLevel: 'info',
      caPem: null,
      signingTrustPem: null,
      proxy: null,
      drainSeconds: 0,
      shutdownSeconds: 25,
      requestsPerSecond: null,
      reviewEveryMinutes: 15,
      blobs: { kind: 'folder' },
      publicUrl: 'http://127.0.0.1:8420',
      trustedProxies: [],
      spoolMaxBytes: 1_073_741_824,
      release: { manifestPath: null, publicKey: null },
    });
  });

  test('trusts no list of signers that it cannot read whole', () => {
    const [root = ''] = rootCertificates;
    const broken = root.replace('MII', 'MIX');
    const { problems } = readConfig(
      { POSTHORN_SIGNING_TRUST: '/etc/roots.pem' },
      filesOf({ '/etc/roots.pem': root + broken }),
    );
    expect(problems).toMatchObject([
      { variable: 'POSTHORN_SIGNING_TRUST', what: '/etc/roots.pem holds 2 certificates, of which 1 can be read' },
    ]);
  });

  test('reads every setting', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const roots = rootCertificates.slice(0, 2).join('\n');
    const second = randomBytes(32).toString('base64');
    const { config, problems } = readConfig(
      {
        PORT: '9000',
        HOST: '[::1]',
        POSTHORN_DATA: '/srv/posthorn',
        DATABASE_URL: 'postgres://p:s@db/posthorn',
        POSTHORN_DATABASE_CONNECTIONS: '20',
        POSTHORN_ENV: 'production',
        POSTHORN_OPERATOR_KEY: operatorKey,
        POSTHORN_MASTER_KEY: `${masterKey}, ${second}`,
        POSTHORN_ALLOW_NETWORKS: '10.2.0.0/16, fd12::/32',
        POSTHORN_LOG_LEVEL: 'WARN',
        POSTHORN_CA_FILE: '/etc/ca.pem',
        POSTHORN_SIGNING_TRUST: '/etc/roots.pem',
        HTTPS_PROXY: 'http://u:p@proxy:3128',
        NO_PROXY: '*.internal,10.0.0.0/8',
        POSTHORN_PROXY_RESOLVES_NAMES: 'yes',
        POSTHORN_DRAIN_SECONDS: '15',
        POSTHORN_SHUTDOWN_SECONDS: '5',
        POSTHORN_REQUESTS_PER_SECOND: '200',
        POSTHORN_REVIEW_EVERY_MINUTES: '5',
        POSTHORN_BLOBS: 's3://bodies/posthorn/production/',
        POSTHORN_S3_ENDPOINT: 'https://s3.example/',
        POSTHORN_S3_REGION: 'eu-central-1',
        POSTHORN_S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
        POSTHORN_S3_SECRET_ACCESS_KEY: 'a/secret+of=many.letters',
        POSTHORN_S3_PATH_STYLE: 'no',
        POSTHORN_S3_OBJECT_LOCK: 'compliance:3650d',
        POSTHORN_PUBLIC_URL: 'https://hooks.example/in-front/',
        POSTHORN_TRUSTED_PROXIES: '10.0.0.0/8 fd00::1',
        POSTHORN_SPOOL_MAX_MB: '50',
      },
      filesOf({ '/etc/ca.pem': pem, '/etc/roots.pem': roots }),
    );
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      environment: 'production',
      host: '::1',
      port: 9000,
      dataFolder: '/srv/posthorn',
      databaseUrl: 'postgres://p:s@db/posthorn',
      databaseConnections: 20,
      operatorKey,
      allowNetworks: ['10.2.0.0/16', 'fd12::/32'],
      logLevel: 'warn',
      caPem: pem,
      signingTrustPem: roots,
      proxy: { to: { hostname: 'proxy', port: 3128 }, resolvesNames: true },
      drainSeconds: 15,
      shutdownSeconds: 5,
      requestsPerSecond: 200,
      reviewEveryMinutes: 5,
      blobs: {
        kind: 's3',
        bucket: 'bodies',
        prefix: 'posthorn/production',
        endpoint: 'https://s3.example',
        region: 'eu-central-1',
        accessKeyId: 'AKIAEXAMPLE',
        secretAccessKey: 'a/secret+of=many.letters',
        pathStyle: false,
        objectLock: { mode: 'compliance', days: 3650 },
      },
      publicUrl: 'https://hooks.example/in-front',
      trustedProxies: ['10.0.0.0/8', 'fd00::1'],
      spoolMaxBytes: 50 * 1024 * 1024,
      release: { manifestPath: null, publicKey: null },
    });
    expect(config?.masterKeys.map((key) => key.toString('base64'))).toEqual([masterKey, second]);
    expect(config?.proxy?.bypass.names).toEqual([{ suffix: 'internal', port: null }]);
  });

  test('lists every problem at once, each with its remedy and none with a secret', () => {
    const secrets = {
      DATABASE_URL: 'mysql://hunter2@x',
      HTTPS_PROXY: 'socks5://hunter2@x',
      POSTHORN_BLOBS: 's3://key:hunter2@bodies/',
      POSTHORN_PUBLIC_URL: 'https://user:hunter2@hooks.example',
      POSTHORN_S3_ACCESS_KEY_ID: 'hunter2 x',
      POSTHORN_S3_ENDPOINT: 'https://key:hunter2@s3.example',
      POSTHORN_S3_SECRET_ACCESS_KEY: 'hunter2\u00e9',
    };
    const { config, problems } = readConfig(
      {
        PORT: '99999',
        HOST: 'http://x',
        POSTHORN_ENV: 'prod',
        POSTHORN_DATABASE_CONNECTIONS: '1',
        POSTHORN_OPERATOR_KEY: 'hunter2 x',
        POSTHORN_MASTER_KEY: 'hunter2',
        POSTHORN_ALLOW_NETWORKS: '10.0.0.0/99',
        POSTHORN_LOG_LEVEL: 'loud',
        POSTHORN_CA_FILE: '/absent.pem',
        POSTHORN_PROXY_RESOLVES_NAMES: 'maybe',
        POSTHORN_DRAIN_SECONDS: '601',
        POSTHORN_SHUTDOWN_SECONDS: '0',
        POSTHORN_SIGNING_TRUST: '/absent.pem',
        POSTHORN_REQUESTS_PER_SECOND: '1.5',
        POSTHORN_REVIEW_EVERY_MINUTES: '1441',
        POSTHORN_S3_REGION: 'eu central',
        POSTHORN_S3_PATH_STYLE: 'perhaps',
        POSTHORN_S3_OBJECT_LOCK: 'for ever',
        POSTHORN_TRUSTED_PROXIES: 'proxy.example',
        POSTHORN_SPOOL_MAX_MB: '0',
        ...secrets,
      },
      noFiles,
    );
    expect(config).toBeNull();
    expect(problems.map(({ variable }) => variable).toSorted()).toEqual(
      [
        'DATABASE_URL',
        'HOST',
        'HTTPS_PROXY',
        'PORT',
        'POSTHORN_ALLOW_NETWORKS',
        'POSTHORN_BLOBS',
        'POSTHORN_CA_FILE',
        'POSTHORN_DATABASE_CONNECTIONS',
        'POSTHORN_DRAIN_SECONDS',
        'POSTHORN_ENV',
        'POSTHORN_LOG_LEVEL',
        'POSTHORN_MASTER_KEY',
        'POSTHORN_OPERATOR_KEY',
        'POSTHORN_PROXY_RESOLVES_NAMES',
        'POSTHORN_PUBLIC_URL',
        'POSTHORN_REQUESTS_PER_SECOND',
        'POSTHORN_REVIEW_EVERY_MINUTES',
        'POSTHORN_S3_ACCESS_KEY_ID',
        'POSTHORN_S3_ENDPOINT',
        'POSTHORN_S3_PATH_STYLE',
        'POSTHORN_S3_OBJECT_LOCK',
        'POSTHORN_S3_REGION',
        'POSTHORN_S3_SECRET_ACCESS_KEY',
        'POSTHORN_SHUTDOWN_SECONDS',
        'POSTHORN_SIGNING_TRUST',
        'POSTHORN_SPOOL_MAX_MB',
        'POSTHORN_TRUSTED_PROXIES',
      ].toSorted(),
    );
    expect(problems.every(({ what, remedy }) => what !== '' && remedy !== '')).toBe(true);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(problems.find(({ variable }) => variable === 'POSTHORN_ENV')?.remedy).toContain('production');
  });

  test('takes an empty variable for one that is not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '  ', POSTHORN_MASTER_KEY: '' }, noFiles).config?.port).toBe(8420);
  });

  test('warns of POSTHORN_ variables that mean nothing, and says what was meant', () => {
    const { config, warnings } = readConfig({ POSTHORN_MASTERKEY: 'x', POSTHORN_TEST_X: '1', PATH: '/bin' }, noFiles);
    expect(config).not.toBeNull();
    expect(warnings).toEqual([
      expect.objectContaining({ variable: 'POSTHORN_MASTERKEY', remedy: 'did you mean POSTHORN_MASTER_KEY?' }),
    ]);
  });
});

describe('production', () => {
  test('refuses to start without keys of its own, and takes the embedded database', () => {
    expect(problemsOf({ POSTHORN_ENV: 'production' })).toEqual(['POSTHORN_MASTER_KEY', 'POSTHORN_OPERATOR_KEY']);
    const keys = { POSTHORN_MASTER_KEY: masterKey, POSTHORN_OPERATOR_KEY: operatorKey };
    expect(readConfig({ POSTHORN_ENV: 'production', ...keys }, noFiles).config?.databaseUrl).toBeNull();
  });

  test.each([
    ['an operator key that can be guessed', { POSTHORN_OPERATOR_KEY: 'short-key' }, 'POSTHORN_OPERATOR_KEY'],
    ['a master key of zeros', { POSTHORN_MASTER_KEY: Buffer.alloc(32).toString('base64') }, 'POSTHORN_MASTER_KEY'],
    ['a short master key', { POSTHORN_MASTER_KEY: randomBytes(16).toString('base64') }, 'POSTHORN_MASTER_KEY'],
    ['the same master key twice', { POSTHORN_MASTER_KEY: `${masterKey},${masterKey}` }, 'POSTHORN_MASTER_KEY'],
  ])('refuses %s', (_what, wrong, variable) => {
    const good = { POSTHORN_MASTER_KEY: masterKey, POSTHORN_OPERATOR_KEY: operatorKey };
    expect(problemsOf({ POSTHORN_ENV: 'production', ...good, ...wrong })).toEqual([variable]);
  });
});

describe('the master key file', () => {
  const env = { POSTHORN_MASTER_KEY_FILE: '/run/key' };

  test('holds keys, one a line', () => {
    const { config, warnings } = readConfig(env, filesOf({ '/run/key': `${masterKey}\n` }));
    expect(config?.masterKeys).toEqual([Buffer.from(masterKey, 'base64')]);
    expect(warnings).toEqual([]);
  });

  test('is warned of when everyone can read it', () => {
    const { config, warnings } = readConfig(env, filesOf({ '/run/key': { text: masterKey, mode: 0o644 } }));
    expect(config).not.toBeNull();
    expect(warnings.map(({ remedy }) => remedy)).toEqual(['chmod 600 /run/key']);
  });

  test('is refused when it is absent, damaged, or set beside the variable', () => {
    expect(problemsOf(env)).toEqual(['POSTHORN_MASTER_KEY_FILE']);
    expect(problemsOf(env, filesOf({ '/run/key': 'no key' }))).toEqual(['POSTHORN_MASTER_KEY_FILE']);
    const both = { ...env, POSTHORN_MASTER_KEY: masterKey };
    expect(problemsOf(both, filesOf({ '/run/key': masterKey }))).toEqual(['POSTHORN_MASTER_KEY_FILE']);
  });
});

describe('where others reach Posthorn', () => {
  test.each([
    [{}, 'http://127.0.0.1:8420'],
    [{ HOST: '10.1.2.3', PORT: '80' }, 'http://10.1.2.3:80'],
    [{ HOST: '0.0.0.0' }, 'http://127.0.0.1:8420'],
    [{ HOST: '[::]' }, 'http://[::1]:8420'],
    [{ HOST: 'fd00::2', PORT: '9000' }, 'http://[fd00::2]:9000'],
    [{ PORT: '0' }, null],
    [{ PORT: '0', POSTHORN_PUBLIC_URL: 'https://hooks.example/' }, 'https://hooks.example'],
  ])('with %j it is %s', (env, publicUrl) => {
    expect(readConfig(env, noFiles).config?.publicUrl).toBe(publicUrl);
  });

  test.each([
    'hooks.example',
    'ftp://hooks.example',
    'https://',
    'https:///x',
    'https://h?x=1',
    'https://h#x',
    'https://u@h',
  ])('%s is refused', (url) => {
    expect(problemsOf({ POSTHORN_PUBLIC_URL: url })).toEqual(['POSTHORN_PUBLIC_URL']);
  });
});

test.each(['0.0.0.0/0', '::/0', '10.0.0.0/8, ::ffff:0.0.0.0/96', '10.0.0.0/33', 'loopback'])(
  'a proxy at %s is not trusted',
  (networks) => {
    expect(problemsOf({ POSTHORN_TRUSTED_PROXIES: networks })).toEqual(['POSTHORN_TRUSTED_PROXIES']);
  },
);

describe('the file of POSTHORN_CONFIG', () => {
  const path = '/etc/posthorn/config.json';
  const read = (content: unknown, env: Record<string, string> = {}) =>
    readConfig({ POSTHORN_CONFIG: path, ...env }, filesOf({ [path]: JSON.stringify(content) }));

  test('has the same names, and the environment wins', () => {
    const { config } = read({ PORT: 9000, HOST: '0.0.0.0', POSTHORN_ALLOW_NETWORKS: ['10.0.0.0/8'] }, { PORT: '9001' });
    expect(config).toMatchObject({ port: 9001, host: '0.0.0.0', allowNetworks: ['10.0.0.0/8'] });
  });

  test('names folders from where it lies', () => {
    expect(read({ POSTHORN_DATA: 'data' }).config?.dataFolder).toBe('/etc/posthorn/data');
    expect(read({ POSTHORN_DATA: 'data' }, { POSTHORN_DATA: 'mine' }).config?.dataFolder).toBe(
      join(process.cwd(), 'mine'),
    );
  });

  test('refuses unknown names, values of another kind, and itself', () => {
    const { config, problems } = read({ POSTHORN_DTAA: '/x', port: 1, HOST: { a: 1 }, POSTHORN_CONFIG: 'x' });
    expect(config).toBeNull();
    expect(problems.map(({ variable, remedy }) => [variable, remedy])).toEqual([
      ['"POSTHORN_DTAA"', 'did you mean POSTHORN_DATA?'],
      ['"port"', 'did you mean PORT?'],
      ['HOST', expect.any(String)],
      ['"POSTHORN_CONFIG"', 'name the file in the environment only'],
    ]);
  });

  test.each([
    ['absent', filesOf({}), 'ENOENT'],
    ['not JSON', filesOf({ [path]: '{PORT' }), 'is not JSON'],
    ['a list', filesOf({ [path]: '[]' }), 'is no object'],
  ])('is a problem when it is %s', (_what, files, text) => {
    const { problems } = readConfig({ POSTHORN_CONFIG: path }, files);
    expect(problems).toEqual([expect.objectContaining({ variable: 'POSTHORN_CONFIG' })]);
    expect(problems[0]?.what).toContain(text);
  });

  test('is warned of when others can read a secret in it', () => {
    const files = filesOf({ [path]: { text: JSON.stringify({ POSTHORN_MASTER_KEY: masterKey }), mode: 0o644 } });
    const { warnings } = readConfig({ POSTHORN_CONFIG: path }, files);
    expect(warnings).toEqual([expect.objectContaining({ variable: 'POSTHORN_MASTER_KEY' })]);
    expect(JSON.stringify(warnings)).not.toContain(masterKey);
  });
});

describe('readClientSettings', () => {
  test('finds Posthorn at its usual place, or where it is told', () => {
    expect(readClientSettings({}, noFiles).url).toBe('http://127.0.0.1:8420');
    expect(readClientSettings({ PORT: '9000' }, noFiles).url).toBe('http://127.0.0.1:9000');
    const told = { POSTHORN_URL: 'https://hooks.example/', POSTHORN_KEY: 'k', POSTHORN_TEAM: 'team_1' };
    expect(readClientSettings(told, noFiles)).toMatchObject({ url: 'https://hooks.example', key: 'k', team: 'team_1' });
  });

  test('does not mind that a server could not start with these settings', () => {
    expect(readClientSettings({ POSTHORN_ENV: 'production', HOST: '!' }, noFiles).url).toBe('http://127.0.0.1:8420');
  });
});

test('colour is for terminals, unless someone says otherwise', () => {
  expect(wantsColour(true, {})).toBe(true);
  expect(wantsColour(false, {})).toBe(false);
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour(false, { FORCE_COLOR: '1' })).toBe(true);
});
