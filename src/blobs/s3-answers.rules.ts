import { readXml, type XmlElement } from './xml.rules.ts';

/** A page of ListObjectsV2. `nextToken` is null on the last. */
export type S3Listing = { keys: string[]; prefixes: string[]; nextToken: string | null };

/** Reads the answer of ListObjectsV2 (Amazon S3 API, ListBucketResult); null when it is not one. */
export function readListing(xml: string): S3Listing | null {
  const root = rootNamed(xml, 'ListBucketResult');
  if (root === null) return null;
  const truncated = textOf(root, 'IsTruncated');
  const nextToken = textOf(root, 'NextContinuationToken') ?? '';
  const keys = eachText(root, 'Contents', 'Key');
  const prefixes = eachText(root, 'CommonPrefixes', 'Prefix');
  if (keys === null || prefixes === null) return null;
  if (truncated === 'false') return { keys, prefixes, nextToken: null };
  return truncated === 'true' && nextToken !== '' ? { keys, prefixes, nextToken } : null;
}

/** The body of DeleteObjects: at most 1000 keys. Only what failed is answered. */
export function writeDeletion(keys: readonly string[]): string {
  const objects = keys.map((key) => `<Object><Key>${escape(key)}</Key></Object>`).join('');
  return `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects}<Quiet>true</Quiet></Delete>`;
}

/** The codes of what DeleteObjects could not delete; null when the answer is not one of it. */
export function readDeletionErrors(xml: string): (string | null)[] | null {
  const root = rootNamed(xml, 'DeleteResult');
  if (root === null) return null;
  return root.children.filter(({ name }) => name === 'Error').map((error) => codeIn(error));
}

/**
 * The code of an error, such as NoSuchKey; null when there is none. The message beside it is never read: it may repeat
 * what was signed.
 */
export function readErrorCode(xml: string): string | null {
  const root = rootNamed(xml, 'Error');
  return root === null ? null : codeIn(root);
}

function codeIn(error: XmlElement): string | null {
  const code = textOf(error, 'Code') ?? '';
  return /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(code) ? code : null;
}

function rootNamed(xml: string, name: string): XmlElement | null {
  const root = readXml(xml);
  return root?.name === name ? root : null;
}

/** Undefined when there is none, or several. */
function textOf(parent: XmlElement, name: string): string | undefined {
  const [first, second] = parent.children.filter((child) => child.name === name);
  return first !== undefined && second === undefined && first.children.length === 0 ? first.text : undefined;
}

function eachText(root: XmlElement, outer: string, inner: string): string[] | null {
  const texts = root.children.filter(({ name }) => name === outer).map((child) => textOf(child, inner));
  const found = texts.filter((text) => text !== undefined);
  return found.length === texts.length ? found : null;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
