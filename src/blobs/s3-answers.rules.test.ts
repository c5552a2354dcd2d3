import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDeletionErrors, readErrorCode, readListing, writeDeletion } from './s3-answers.rules.ts';
import { readXml } from './xml.rules.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const list = (inner: string) =>
  `${head}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/>${inner}</ListBucketResult>`;

describe('a list of S3', () => {
  test('has keys, common prefixes and the token of the next page', () => {
    // Shaped as the Amazon S3 API shows ListObjectsV2.
    const xml = list(`
      <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
      <KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>
      <Contents>
        <Key>a &amp; b&#x20;&lt;c&gt;</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>
        <ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><Size>11</Size>
        <Owner><ID>1</ID></Owner><StorageClass>STANDARD</StorageClass>
      </Contents>
      <Contents><Key>d</Key></Contents>
      <CommonPrefixes><Prefix>20260101/</Prefix></CommonPrefixes>`);
    expect(readListing(xml)).toEqual({
      keys: ['a & b <c>', 'd'],
      prefixes: ['20260101/'],
      nextToken: '1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=',
    });
  });

  test('may be empty', () => {
    expect(readListing(list('<IsTruncated>false</IsTruncated>'))).toEqual({ keys: [], prefixes: [], nextToken: null });
  });

  test.each([
    ['does not say whether there is more', list('')],
    ['has more and does not say where', list('<IsTruncated>true</IsTruncated>')],
    ['has more at an empty token', list('<IsTruncated>true</IsTruncated><NextContinuationToken/>')],
    ['is neither truncated nor not', list('<IsTruncated>maybe</IsTruncated>')],
    ['has an object without a key', list('<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>')],
    [
      'has an object with two keys',
      list('<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Key>b</Key></Contents>'),
    ],
    ['has a key that is no text', list('<IsTruncated>false</IsTruncated><Contents><Key><a/></Key></Contents>')],
    ['has no prefix', list('<IsTruncated>false</IsTruncated><CommonPrefixes/>')],
    ['is an error', `${head}<Error><Code>NoSuchBucket</Code></Error>`],
    ['is cut off', list('<IsTruncated>false</IsTruncated>').slice(0, -5)],
    ['is HTML', '<html><body>Welcome</body></html>'],
    ['is JSON', '{}'],
    ['is nothing', ''],
  ])('is refused when it %s', (_what, xml) => {
    expect(readListing(xml)).toBeNull();
  });
});

test('a deletion names every key as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 5 }), (keys) => {
      const objects = readXml(writeDeletion(keys))?.children.filter(({ name }) => name === 'Object') ?? [];
      expect(objects.map(({ children }) => children[0]?.text)).toEqual(keys);
    }),
  );
});

test('what a deletion could not delete is read with its code', () => {
  const result = (inner: string) =>
    `${head}<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</DeleteResult>`;
  expect(readDeletionErrors(result(''))).toEqual([]);
  expect(readDeletionErrors(result('<Deleted><Key>a</Key></Deleted>'))).toEqual([]);
  const one = '<Error><Key>a</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
  expect(readDeletionErrors(result(`${one}<Error><Key>b</Key></Error>`))).toEqual(['AccessDenied', null]);
  expect(readDeletionErrors('<Error><Code>MalformedXML</Code></Error>')).toBeNull();
});

test.each([
  ['<Error><Code>NoSuchKey</Code><Message>no</Message></Error>', 'NoSuchKey'],
  ['<Error><Code>a secret, as it were</Code></Error>', null],
  ['<Error><Code/></Error>', null],
  ['<Error><Message>NoSuchKey</Message></Error>', null],
  ['<Fault><Code>NoSuchKey</Code></Fault>', null],
  ['NoSuchKey', null],
])('the code of %s is %s', (xml, code) => {
  expect(readErrorCode(xml)).toBe(code);
});
