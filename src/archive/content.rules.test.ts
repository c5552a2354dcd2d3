import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makePdf } from '../simulation/pdf.rules.ts';
import { attachment, beginsAs, contentTypeOf, endsAsPdf, headBytes, nameWithEnding } from './content.rules.ts';

const begins = (text: string, format: 'pdf' | 'json' | 'any'): boolean => beginsAs(Buffer.from(text), format);

describe('what a document begins with', () => {
  test('tells a PDF from everything else', () => {
    expect(beginsAs(makePdf(900), 'pdf')).toBe(true);
    expect(begins('\n\n%PDF-1.7', 'pdf')).toBe(true);
    for (const text of ['', 'PDF', '<html>', '{"error":1}', '%!PS']) expect(begins(text, 'pdf')).toBe(false);
    expect(beginsAs(Buffer.concat([Buffer.alloc(headBytes), Buffer.from('%PDF-')]), 'pdf')).toBe(false);
  });

  test('tells JSON, and refuses HTML under any name', () => {
    expect(begins('\uFEFF {"a":1}', 'json')).toBe(true);
    expect(begins('[]', 'json')).toBe(true);
    expect(begins('<?xml version="1.0"?><Invoice/>', 'json')).toBe(false);
    expect(begins('<?xml version="1.0"?><Invoice/>', 'any')).toBe(true);
    for (const html of ['<!DOCTYPE html>', '  <HTML lang="en">', '\uFEFF<!-- x --><html>', '']) {
      expect(begins(html, 'any')).toBe(false);
    }
  });

  test('a whole PDF ends as one, and no part of it does', () => {
    const pdf = makePdf(5000);
    expect(endsAsPdf(pdf)).toBe(true);
    for (let size = 0; size < 4900; size += 100) expect(endsAsPdf(pdf.subarray(0, size))).toBe(false);
  });
});

test('content types and names are plain', () => {
  expect(contentTypeOf('pdf', 'text/html')).toBe('application/pdf');
  expect(contentTypeOf('any', 'Application/XML; charset=utf-8')).toBe('application/xml');
  expect(contentTypeOf('any', 'a\r\nb')).toBe('application/octet-stream');
  expect(contentTypeOf('any', undefined)).toBe('application/octet-stream');
  expect(nameWithEnding('doc_1', 'application/ubl+xml')).toBe('doc_1.xml');
  expect(nameWithEnding('doc_1', 'application/pdf')).toBe('doc_1.pdf');
  expect(nameWithEnding('doc_1.json', 'application/xml')).toBe('doc_1.json');
  expect(nameWithEnding('doc_1', 'application/octet-stream')).toBe('doc_1');
});

test('a content-disposition is one header, whatever the name, and the name can be read back', () => {
  expect(attachment('Vertrag "A".pdf')).toBe(
    `attachment; filename="Vertrag _A_.pdf"; filename*=UTF-8''Vertrag%20%22A%22.pdf`,
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const header = attachment(name);
      expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]*$/);
      expect(decodeURIComponent(header.split("UTF-8''")[1] ?? '')).toBe(name.toWellFormed());
    }),
  );
});
