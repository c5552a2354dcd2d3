import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openSheet } from './pdf-sheet.ts';

/** What is drawn on the first page: the first compressed stream of the document. */
function drawnOn(pdf: Buffer): string {
  const begin = pdf.indexOf('stream\n') + 'stream\n'.length;
  return inflateSync(pdf.subarray(begin, pdf.indexOf('\nendstream', begin))).toString('latin1');
}

test('a part that is nothing of the whole leaves no hairline in its colour', async () => {
  const sheet = await openSheet({ title: 'A certificate', at: '2026-11-22T00:00:00.000Z' });
  const parts = [
    { share: 0, colour: '#ff0000' },
    { share: 1, colour: '#00ff00' },
    { share: 0, colour: '#0000ff' },
  ];
  sheet.bar('Security', parts, '1 of 1 hold');
  const drawn = drawnOn(await sheet.end('a footer'));
  expect(drawn).toContain('0 1 0 scn');
  for (const other of ['\n1 0 0 scn', '\n0 0 1 scn']) expect(drawn).not.toContain(other);
});
