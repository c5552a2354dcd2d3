import type { ObjectLock } from '../blobs/object-lock.rules.ts';
import { type Parsed, plainUrl } from './settings.rules.ts';

/** No text of a problem here repeats a value: people put keys into URLs, and into the wrong setting. */
const s3Form = 'set it to s3://bucket or s3://bucket/prefix; without it, bodies go to a folder';
const bucketShape = /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** `s3://<bucket>` with, or without, a prefix for keys: names of letters, digits, `.`, `_` and `-` between slashes. */
export function parseBucketAddress(text: string): Parsed<{ bucket: string; prefix: string }> {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)(\/.*)?$/s.exec(text) ?? [];
  if (bucket === '') return { ok: false, what: 'is not the address of an S3 bucket', remedy: s3Form };
  if (!bucketShape.test(bucket) || /^[\d.]+$/.test(bucket)) {
    const remedy = 'name the bucket in 3 to 63 of a-z, 0-9, - and .; keys and hosts have settings of their own';
    return { ok: false, what: 'has no name of a bucket after s3://', remedy };
  }
  const prefix = path.replaceAll(/^\/+|\/+$/g, '');
  const names = prefix === '' ? [] : prefix.split('/');
  if (prefix.length > 256 || !names.every((name) => /^[\w.-]+$/.test(name) && name !== '.' && name !== '..')) {
    const remedy = 'use letters, digits, ., _ and - between slashes, 256 at most';
    return { ok: false, what: 'has a prefix that cannot be one', remedy };
  }
  return { ok: true, value: { bucket, prefix } };
}

/** An http or https URL without user, query or fragment, given back without a slash at its end. */
export function parseS3Endpoint(text: string): Parsed<string> {
  const url = plainUrl(text);
  if (url !== null) return { ok: true, value: url };
  const remedy = 'set it to https://s3.example.com: no bucket, no keys, nothing after ?';
  return { ok: false, what: 'is not the URL of an S3 service', remedy };
}

export function parseRegion(text: string): Parsed<string> {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return { ok: true, value: text };
  return { ok: false, what: 'is not the name of a region', remedy: 'set it to eu-central-1 or the like' };
}

/** `compliance:3650d` or `governance:365d`. */
export function parseObjectLock(text: string): Parsed<ObjectLock> {
  const [, mode, days = ''] = /^(governance|compliance):([1-9]\d{0,4})d$/i.exec(text.trim()) ?? [];
  if (mode === undefined) {
    return { ok: false, what: 'is no object lock', remedy: 'write a mode and days, such as compliance:3650d' };
  }
  return { ok: true, value: { mode: mode.toLowerCase() as ObjectLock['mode'], days: Number(days) } };
}

/** What fits into the scope of a signature, whichever S3 service made it. */
export function parseAccessKeyId(text: string): Parsed<string> {
  if (/^[\w.@+-]{1,128}$/.test(text)) return { ok: true, value: text };
  return { ok: false, what: 'has characters that no access key id has', remedy: 'copy the access key id alone' };
}

/** The secret half; in production one that cannot be guessed. */
export function parseSecretAccessKey(text: string, environment: 'development' | 'production'): Parsed<string> {
  if (!/^[\x21-\x7e]{1,256}$/.test(text)) {
    return { ok: false, what: 'has characters that no access key has', remedy: 'copy the secret access key alone' };
  }
  const least = environment === 'production' ? 16 : 1;
  if (text.length >= least) return { ok: true, value: text };
  const remedy = 'make the access key anew, with a secret of the S3 service';
  return { ok: false, what: `has ${text.length} characters; ${environment} asks for ${least}`, remedy };
}

/** Amazon's own endpoint of a region. */
export function awsEndpoint(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
