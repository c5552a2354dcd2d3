import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeRequest, signatureOf } from './request-signature.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const headersOf = (body: string, more: Record<string, string> = {}) => ({
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
  'x-amz-date': '20130524T000000Z',
  ...more,
});

// The four examples of the Amazon S3 API, "Signature Calculations for the Authorization Header".
test.each([
  [
    'GET',
    '/test.txt',
    headersOf('', { range: 'bytes=0-9' }),
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'PUT',
    '/test$file.text',
    headersOf('Welcome to Amazon S3.', {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    }),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  ['GET', '/?lifecycle', headersOf(''), 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ['GET', '/?max-keys=2&prefix=J', headersOf(''), '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
])('a %s of %s has the signature that Amazon publishes for it', (method, target, headers, signature) => {
  const names = Object.keys(headers).sort();
  expect(signatureOf({ method, target, headers }, names, '20130524', secret, 'us-east-1')).toBe(signature);
});

test('what the tests hold requests against refuses what S3 refuses', () => {
  const sign = (headers: Record<string, string>, body: string, names = Object.keys(headers).sort()) => {
    const request = { method: 'PUT', target: '/b/k', headers };
    const signature = signatureOf(request, names, '20130524', secret, 'us-east-1');
    const credential = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return { ...request, headers: { ...headers, authorization }, body: Buffer.from(body) };
  };
  const judge = (request: ReturnType<typeof sign>) => judgeRequest(request, secret, 'us-east-1');
  const good = sign(headersOf('a'), 'a');
  expect(judge(good)).toBeNull();
  expect(judgeRequest(good, 'another', 'us-east-1')).toBe('SignatureDoesNotMatch');
  expect(judge({ ...good, target: '/b/other' })).toBe('SignatureDoesNotMatch');
  expect(judge({ ...good, body: Buffer.from('b') })).toBe('XAmzContentSHA256Mismatch');
  expect(judge(sign(headersOf('a', { 'content-md5': 'AAAA' }), 'a'))).toBe('BadDigest');
  expect(
    judge(sign(headersOf('a', { 'x-amz-meta-a': '1' }), 'a', ['host', 'x-amz-content-sha256', 'x-amz-date'])),
  ).toBe('AccessDenied');
  expect(judge({ ...good, headers: headersOf('a') as never })).toBe('AccessDenied');
});
