import { createHash, createHmac } from 'node:crypto';

/** A request as a server received it. Header names are lower case. */
export type ReceivedRequest = {
  method: string;
  /** Path and query, as they were sent. */
  target: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
};

/**
 * Judges a request as S3 does, from the specification and not from the client's library: its AWS Signature Version 4
 * (Amazon S3 API, "Signature Calculations for the Authorization Header"), the hash of its payload and its Content-MD5.
 * @returns the code that S3 would answer with, or null when all is right
 */
export function judgeRequest(request: ReceivedRequest, secretAccessKey: string, region: string): string | null {
  const { headers, body } = request;
  const [, day = '', signed = '', given = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/[^ ]+, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    ) ?? [];
  if (given === '') return 'AccessDenied';
  const names = signed.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => /^(host|content-md5|x-amz-.*)$/.test(name));
  if (!mustBeSigned.every((name) => names.includes(name)) || names.some((name) => headers[name] === undefined)) {
    return 'AccessDenied';
  }
  if (signatureOf(request, names, day, secretAccessKey, region) !== given) return 'SignatureDoesNotMatch';
  if (headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) return 'BadDigest';
  if (md5 === undefined && /[?&]delete\b/.test(request.target)) return 'InvalidRequest';
  return null;
}

/** The signature that these headers, on this day, should have. */
export function signatureOf(
  { method, target, headers }: Omit<ReceivedRequest, 'body'>,
  names: readonly string[],
  day: string,
  secretAccessKey: string,
  region: string,
): string {
  const [path = '', query = ''] = target.split('?');
  const canonical = [
    method,
    path.split('/').map(reencode).join('/'),
    query
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', value = ''] = part.split('=');
        return `${reencode(name)}=${reencode(value)}`;
      })
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'] ?? '',
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'] ?? '', scope, sha256(canonical)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString('hex');
}

function reencode(part: string): string {
  return encodeURIComponent(decodeURIComponent(part)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
