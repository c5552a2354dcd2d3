import type { BlobSettings } from '../blobs/open-blob-store.ts';
import { bucketUrl } from '../blobs/s3-address.rules.ts';
import {
  awsEndpoint,
  parseAccessKeyId,
  parseBucketAddress,
  parseObjectLock,
  parseRegion,
  parseS3Endpoint,
  parseSecretAccessKey,
} from './blob-settings.rules.ts';
import { readerOf, readSecret } from './setting-reader.ts';
import type { FileSystem, SettingSources } from './setting-sources.ts';
import { parseYesNo } from './settings.rules.ts';

const s3Names = [
  'POSTHORN_S3_ENDPOINT',
  'POSTHORN_S3_REGION',
  'POSTHORN_S3_ACCESS_KEY_ID',
  'POSTHORN_S3_SECRET_ACCESS_KEY',
  'POSTHORN_S3_SECRET_ACCESS_KEY_FILE',
  'POSTHORN_S3_PATH_STYLE',
  'POSTHORN_S3_OBJECT_LOCK',
] as const;
const secretNames = { itself: 'POSTHORN_S3_SECRET_ACCESS_KEY', file: 'POSTHORN_S3_SECRET_ACCESS_KEY_FILE' } as const;

/** Where bodies live: a folder, or the bucket of POSTHORN_BLOBS, for which every setting of S3 is judged at once. */
export function readBlobSettings(
  sources: SettingSources,
  files: FileSystem,
  environment: 'development' | 'production',
): BlobSettings {
  const { problems, warnings } = sources;
  if (sources.get('POSTHORN_BLOBS') === undefined) {
    for (const variable of s3Names.filter((name) => sources.get(name) !== undefined)) {
      const what = 'is set and means nothing without POSTHORN_BLOBS';
      warnings.push({ variable, what, remedy: 'set POSTHORN_BLOBS to s3://bucket, or remove it' });
    }
    return { kind: 'folder' };
  }
  const read = readerOf(sources);
  const address = read('POSTHORN_BLOBS', parseBucketAddress, null);
  const region = read('POSTHORN_S3_REGION', parseRegion, 'us-east-1');
  const given = read('POSTHORN_S3_ENDPOINT', parseS3Endpoint, null);
  const accessKeyId = read('POSTHORN_S3_ACCESS_KEY_ID', parseAccessKeyId, null);
  const parseSecret = (text: string) => parseSecretAccessKey(text, environment);
  const secretAccessKey = readSecret(sources, files, secretNames, parseSecret);
  // A certificate for *.s3.amazonaws.com does not cover a name with more dots.
  const byDefault = sources.get('POSTHORN_S3_ENDPOINT') !== undefined || address?.bucket.includes('.') === true;
  const pathStyle = read('POSTHORN_S3_PATH_STYLE', parseYesNo, byDefault);
  const objectLock = read('POSTHORN_S3_OBJECT_LOCK', parseObjectLock, null);
  demandAccessKey(sources);
  if (environment === 'production' && given?.startsWith('http://') === true) {
    const what = 'is plain http: bodies can be read and changed on their way';
    warnings.push({ variable: 'POSTHORN_S3_ENDPOINT', what, remedy: 'use https' });
  }
  const endpoint = given ?? awsEndpoint(region);
  const bucket = address?.bucket ?? '';
  if (address !== null && !pathStyle && !hasHostForBucket(endpoint, bucket)) {
    const what = 'is no, and the endpoint is an address, which cannot have a bucket in front of it';
    problems.push({ variable: 'POSTHORN_S3_PATH_STYLE', what, remedy: 'set it to yes' });
  }
  if (address === null || accessKeyId === null || secretAccessKey === null) return { kind: 'folder' };
  return { kind: 's3', ...address, endpoint, region, accessKeyId, secretAccessKey, pathStyle, objectLock };
}

function demandAccessKey(sources: SettingSources): void {
  const what = 'is not set, and POSTHORN_BLOBS names an S3 bucket';
  const missing = (name: (typeof s3Names)[number]) => sources.get(name) === undefined;
  if (missing('POSTHORN_S3_ACCESS_KEY_ID')) {
    const remedy = 'set the id of an access key that may use the bucket';
    sources.problems.push({ variable: 'POSTHORN_S3_ACCESS_KEY_ID', what, remedy });
  }
  if (missing(secretNames.itself) && missing(secretNames.file)) {
    const remedy = `set the secret of that access key, or name its file in ${secretNames.file}`;
    sources.problems.push({ variable: secretNames.itself, what, remedy });
  }
}

function hasHostForBucket(endpoint: string, bucket: string): boolean {
  try {
    bucketUrl({ endpoint, bucket, pathStyle: false });
    return true;
  } catch {
    return false;
  }
}
