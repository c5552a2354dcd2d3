import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makePdf } from './pdf.rules.ts';

test('a PDF has exactly the size that was asked for, and a table that points at its objects', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 60_000 }), (sizeBytes) => {
      const pdf = makePdf(sizeBytes);
      expect(pdf.length).toBe(sizeBytes);
      const text = pdf.toString('latin1');
      expect(text.startsWith('%PDF-1.4\n')).toBe(true);
      const tableAt = Number(/startxref\n(\d+)\n%%EOF\s*$/.exec(text)?.[1]);
      expect(text.slice(tableAt, tableAt + 4)).toBe('xref');
      const offsets = [...text.slice(tableAt).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
      expect(offsets).toHaveLength(6);
      for (const [index, offset] of offsets.entries()) {
        expect(text.slice(offset, offset + 7)).toBe(`${index + 1} 0 obj`);
      }
    }),
    { numRuns: 50 },
  );
});

test('sizes where a length gains a digit are met too', () => {
  for (let sizeBytes = 10_700; sizeBytes < 10_900; sizeBytes += 1) expect(makePdf(sizeBytes).length).toBe(sizeBytes);
  expect(makePdf(8_000_000).length).toBe(8_000_000);
});
