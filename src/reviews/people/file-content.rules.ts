import { beginsAs, endsAsPdf } from '../../archive/content.rules.ts';

/** What evidence may be: none of it runs when it is opened. */
export const fileContentTypes = [
  'application/pdf',
  'application/json',
  'image/jpeg',
  'image/png',
  'text/csv',
  'text/markdown',
  'text/plain',
] as const;

export type FileContentType = (typeof fileContentTypes)[number];

/** The first bytes of every PNG (ISO/IEC 15948, 5.2) and of every JPEG (ITU-T T.81, B.1.1: SOI, then a marker). */
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpeg = Buffer.from([0xff, 0xd8, 0xff]);
/** PDFs that begin elsewhere than with their first byte may be something else besides. */
const pdf = Buffer.from('%PDF-', 'latin1');

/** Whether bytes are what their content type says. */
export function isWhatItSays(bytes: Buffer, contentType: FileContentType): boolean {
  if (contentType === 'application/pdf') {
    return bytes.subarray(0, pdf.length).equals(pdf) && beginsAs(bytes, 'pdf') && endsAsPdf(bytes);
  }
  if (contentType === 'image/png') return bytes.subarray(0, png.length).equals(png);
  if (contentType === 'image/jpeg') return bytes.subarray(0, jpeg.length).equals(jpeg);
  const text = readText(bytes);
  if (text === null) return false;
  return contentType !== 'application/json' || isJson(text);
}

/** UTF-8 without control characters but tabs and ends of lines; null when it is something else. */
function readText(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /[^\P{Cc}\t\n\f\r]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
