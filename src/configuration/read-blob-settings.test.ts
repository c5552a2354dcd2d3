import { describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import type { FileSystem } from './setting-sources.ts';

const secret = 's3ntinel/Secret+Access0Key';
const s3 = {
  POSTHORN_BLOBS: 's3://bodies',
  POSTHORN_S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  POSTHORN_S3_SECRET_ACCESS_KEY: secret,
};
const keys = {
  POSTHORN_ENV: 'production',
  POSTHORN_MASTER_KEY: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ8e3SNFZ4kK8=',
  POSTHORN_OPERATOR_KEY: 'b'.repeat(40),
};
const nothing: FileSystem = {
  read: () => {
    throw Object.assign(new Error('absent'), { code: 'ENOENT' });
  },
  mode: () => null,
};

const read = (env: Record<string, string>, files = nothing) => readConfig(env, files);
const problemsOf = (env: Record<string, string>, files = nothing) =>
  read(env, files).problems.map(({ variable }) => variable);

describe('a bucket', () => {
  test("is Amazon's, in us-east-1, when nothing else is said", () => {
    expect(read(s3).config?.blobs).toEqual({
      kind: 's3',
      bucket: 'bodies',
      prefix: '',
      endpoint: 'https://s3.us-east-1.amazonaws.com',
      region: 'us-east-1',
      accessKeyId: 'AKIAEXAMPLE',
      secretAccessKey: secret,
      pathStyle: false,
      objectLock: null,
    });
  });

  test.each([
    [{ POSTHORN_S3_REGION: 'eu-central-1' }, { endpoint: 'https://s3.eu-central-1.amazonaws.com', pathStyle: false }],
    [{ POSTHORN_S3_REGION: 'cn-north-1' }, { endpoint: 'https://s3.cn-north-1.amazonaws.com.cn' }],
    [{ POSTHORN_S3_ENDPOINT: 'http://10.0.0.5:9000' }, { endpoint: 'http://10.0.0.5:9000', pathStyle: true }],
    [{ POSTHORN_S3_ENDPOINT: 'https://s3.example/api/', POSTHORN_S3_PATH_STYLE: 'no' }, { pathStyle: false }],
    [{ POSTHORN_S3_PATH_STYLE: 'yes' }, { endpoint: 'https://s3.us-east-1.amazonaws.com', pathStyle: true }],
    [{ POSTHORN_S3_OBJECT_LOCK: 'Governance:365d' }, { objectLock: { mode: 'governance', days: 365 } }],
    [{ POSTHORN_BLOBS: 's3://bodies.example.com/a/b_c.d/' }, { prefix: 'a/b_c.d', pathStyle: true }],
  ])('with %j is %j', (more, expected) => {
    expect(read({ ...s3, ...more }).config?.blobs).toMatchObject(expected);
  });

  test.each([
    ['bodies'],
    ['s3:bodies'],
    ['s3://'],
    ['s3:///prefix'],
    ['https://s3.example/bodies'],
    ['s3://Bodies'],
    ['s3://bo'],
    [`s3://${'b'.repeat(64)}`],
    ['s3://bo..dies'],
    ['s3://-bodies'],
    ['s3://10.0.0.1'],
    ['s3://bodies:9000'],
    ['s3://bodies/../other'],
    ['s3://bodies/a//b'],
    ['s3://bodies/a b'],
    ['s3://bodies/a?b'],
    ['s3://bodies/é'],
    ['s3://bodies/a\n/b'],
  ])('%j is refused', (address) => {
    expect(problemsOf({ ...s3, POSTHORN_BLOBS: address })).toEqual(['POSTHORN_BLOBS']);
  });

  test('needs an access key, and says so beside all else that is wrong', () => {
    expect(problemsOf({ POSTHORN_BLOBS: 's3://bodies' })).toEqual([
      'POSTHORN_S3_ACCESS_KEY_ID',
      'POSTHORN_S3_SECRET_ACCESS_KEY',
    ]);
    expect(problemsOf({ POSTHORN_BLOBS: 'bodies', POSTHORN_S3_REGION: '!' })).toEqual([
      'POSTHORN_BLOBS',
      'POSTHORN_S3_REGION',
      'POSTHORN_S3_ACCESS_KEY_ID',
      'POSTHORN_S3_SECRET_ACCESS_KEY',
    ]);
  });

  test('cannot stand in front of an address', () => {
    const env = { ...s3, POSTHORN_S3_ENDPOINT: 'http://127.0.0.1:9000', POSTHORN_S3_PATH_STYLE: 'no' };
    expect(problemsOf(env)).toEqual(['POSTHORN_S3_PATH_STYLE']);
  });

  test('is what the settings of S3 are for: without one they are warned of', () => {
    const { config, warnings } = read({ POSTHORN_S3_REGION: '!', POSTHORN_S3_SECRET_ACCESS_KEY: secret });
    expect(config?.blobs).toEqual({ kind: 'folder' });
    expect(warnings.map(({ variable }) => variable)).toEqual(['POSTHORN_S3_REGION', 'POSTHORN_S3_SECRET_ACCESS_KEY']);
    expect(JSON.stringify(warnings)).not.toContain(secret);
  });
});

describe('the secret access key', () => {
  const { POSTHORN_S3_SECRET_ACCESS_KEY: _secret, ...withoutSecret } = s3;
  const env = { ...withoutSecret, POSTHORN_S3_SECRET_ACCESS_KEY_FILE: '/run/s3' };
  const file = (text: string, mode = 0o600): FileSystem => ({ read: () => text, mode: () => mode });

  test('may be in a file of its own', () => {
    const { config, warnings } = read(env, file(`${secret}\n`));
    expect(config?.blobs).toMatchObject({ secretAccessKey: secret });
    expect(warnings).toEqual([]);
  });

  test('is warned of when everyone can read its file', () => {
    const { config, warnings } = read(env, file(secret, 0o644));
    expect(config).not.toBeNull();
    expect(warnings.map(({ remedy }) => remedy)).toEqual(['chmod 600 /run/s3']);
  });

  test('is refused when its file is absent, holds something else, or is named beside it; none is repeated', () => {
    const variable = 'POSTHORN_S3_SECRET_ACCESS_KEY_FILE';
    expect(problemsOf(env)).toEqual([variable]);
    expect(problemsOf(env, file(''))).toEqual([variable]);
    expect(problemsOf({ ...env, POSTHORN_S3_SECRET_ACCESS_KEY: secret }, file(secret))).toEqual([variable]);
    const { problems } = read(env, file(`[default]\naws_secret_access_key = ${secret}`));
    expect(problems.map((problem) => problem.variable)).toEqual([variable]);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  test('is one that cannot be guessed, in production', () => {
    const short = { ...s3, POSTHORN_S3_SECRET_ACCESS_KEY: 'minioadmin' };
    expect(problemsOf(short)).toEqual([]);
    const { problems } = read({ ...short, ...keys });
    expect(problems.map(({ variable }) => variable)).toEqual(['POSTHORN_S3_SECRET_ACCESS_KEY']);
    expect(JSON.stringify(problems)).not.toContain('minioadmin');
    expect(problemsOf({ ...s3, ...keys })).toEqual([]);
  });
});

test('an endpoint without TLS is warned of in production, and nowhere else', () => {
  const plain = { ...s3, POSTHORN_S3_ENDPOINT: 'http://minio:9000' };
  expect(read(plain).warnings).toEqual([]);
  const { config, warnings } = read({ ...plain, ...keys });
  expect(config?.blobs.kind).toBe('s3');
  expect(warnings.map(({ variable }) => variable)).toEqual(['POSTHORN_S3_ENDPOINT']);
});
