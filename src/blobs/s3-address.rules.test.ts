import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketUrl, objectUrl } from './s3-address.rules.ts';

test.each([
  ['https://s3.eu-central-1.amazonaws.com', false, 'https://bodies.s3.eu-central-1.amazonaws.com'],
  ['https://s3.eu-central-1.amazonaws.com', true, 'https://s3.eu-central-1.amazonaws.com/bodies'],
  ['http://10.1.2.3:9000', true, 'http://10.1.2.3:9000/bodies'],
  ['http://[::1]:9000/', true, 'http://[::1]:9000/bodies'],
  ['https://storage.example:8443/api/s3/', true, 'https://storage.example:8443/api/s3/bodies'],
  ['https://storage.example:8443/api/s3/', false, 'https://bodies.storage.example:8443/api/s3'],
])('the bucket of %s is, with path style %s, at %s', (endpoint, pathStyle, url) => {
  expect(bucketUrl({ endpoint, bucket: 'bodies', pathStyle })).toBe(url);
});

test.each(['http://127.0.0.1:9000', 'http://[::1]:9000'])('%s cannot have a bucket in front of it', (endpoint) => {
  expect(() => bucketUrl({ endpoint, bucket: 'bodies', pathStyle: false })).toThrow(TypeError);
});

test('keys and queries arrive as they were meant, whatever is in them', () => {
  const segments = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(segments, fc.string({ unit: 'grapheme' }), (parts, token) => {
      fc.pre(parts.every((part) => part !== '.' && part !== '..'));
      const url = new URL(objectUrl('http://s3.example/bodies', parts.join('/'), { delete: '', token }));
      expect(decodeURIComponent(url.pathname)).toBe(`/bodies/${parts.join('/')}`);
      expect([...url.searchParams]).toEqual([
        ['delete', ''],
        ['token', token],
      ]);
    }),
  );
});
