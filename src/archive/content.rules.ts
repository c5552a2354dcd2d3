import type { PlannedDocument } from '../providers/archive-plan.ts';

/** So many of the first bytes decide what a document is. */
export const headBytes = 1024;

/**
 * Whether a document can begin so. A PDF has `%PDF-` in its first 1,024 bytes (ISO 32000-1, 7.5.2 and Adobe's note on
 * it); JSON is an object or an array; HTML is nobody's document but an error page.
 */
export function beginsAs(head: Buffer, format: PlannedDocument['format']): boolean {
  if (format === 'pdf') return head.subarray(0, headBytes).includes('%PDF-');
  const text = head
    .subarray(0, headBytes)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()
    .toLowerCase();
  if (format === 'json') return text.startsWith('{') || text.startsWith('[');
  return text !== '' && !/^(?:<!--[^]*?-->\s*)*(?:<!doctype html|<html)/.test(text);
}

/** Whether a PDF can end so: `%%EOF` in its last 1,024 bytes (ISO 32000-1, 7.5.5 and Adobe's note on it). */
export function endsAsPdf(tail: Buffer): boolean {
  return tail.subarray(-headBytes).includes('%%EOF');
}

/** The content type to store: the planned one where it is known, else the answer's without its parameters. */
export function contentTypeOf(format: PlannedDocument['format'], header: string | undefined): string {
  if (format !== 'any') return format === 'pdf' ? 'application/pdf' : 'application/json';
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(type) ? type : 'application/octet-stream';
}

/** A file name with an ending where its content type has one and the name has none. */
export function nameWithEnding(name: string, contentType: string): string {
  if (/\.[A-Za-z0-9]{1,5}$/.test(name)) return name;
  if (contentType === 'application/pdf') return `${name}.pdf`;
  return /^(?:application|text)\/(?:[\w.-]+\+)?xml$/.test(contentType) ? `${name}.xml` : name;
}

/** RFC 6266: the name in ASCII, and as it is (RFC 8187). */
export function attachment(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
