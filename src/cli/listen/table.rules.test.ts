import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleWidth } from '../terminal/layout.rules.ts';
import { createPaint } from '../terminal/paint.rules.ts';
import { renderHeadings, renderRow, type Row } from './table.rules.ts';

const row: Row = {
  atMs: new Date(2026, 0, 1, 14, 2, 11).getTime(),
  id: 'evt_01kajxkkj8ffkr1g8xs6a3ek0r',
  type: 'DOCUMENT_COMPLETED',
  source: 'Contracts',
  sizeBytes: 1_234,
  attempt: 1,
  forwarded: { status: 200, error: null, detail: null, durationMs: 12.4 },
};
const plain = createPaint(false);

test('a row stands under its headings, with the id where there is room', () => {
  const [line] = renderRow(row, { paint: plain, width: 110 });
  const headings = renderHeadings(true, { paint: plain, width: 110 });
  expect(line).toMatch(/^14:02:11 {2}DOCUMENT_COMPLETED +Contracts +200 +12 ms +evt_01kajxkkj8ffkr1g8xs6a3ek0r$/);
  for (const [heading, cell] of [
    ['TYPE', 'DOCUMENT_COMPLETED'],
    ['SOURCE', 'Contracts'],
    ['STATUS', '200'],
    ['TOOK', '12 ms'],
    ['EVENT', 'evt_'],
  ] as const) {
    expect(line?.indexOf(cell), heading).toBe(headings.indexOf(heading));
  }
  expect(renderRow(row, { paint: plain, width: 80 })[0]).not.toContain('evt_');
});

test('without forwarding it says how large the event is', () => {
  expect(renderRow({ ...row, forwarded: null }, { paint: plain, width: 110 })).toEqual([
    expect.stringMatching(/Contracts +1\.2 kB +evt_/),
  ]);
});

test('a failure is red, says why in a line below, and which attempt it was', () => {
  const paint = createPaint(true);
  const refused = { status: null, error: 'refused', detail: 'connect ECONNREFUSED 127.0.0.1:3000', durationMs: 2 };
  const [line, why] = renderRow({ ...row, attempt: 3, forwarded: refused }, { paint, width: 110 });
  expect(line).toContain(paint.red('refused (3)'));
  expect(why).toBe(`          ${paint.red('connect ECONNREFUSED 127.0.0.1:3000')}`);
  const [ok] = renderRow(row, { paint, width: 110 });
  expect(ok).toContain(paint.green('200'));
});

test('whatever an event, a source and an answer say, lines stay in their width and steer no terminal', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(text, text, text, fc.integer({ min: 60, max: 140 }), (type, source, detail, width) => {
      const forwarded = { status: 500, error: null, detail, durationMs: 1e6 };
      for (const line of renderRow({ ...row, type, source, forwarded }, { paint: plain, width })) {
        expect(visibleWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    }),
  );
});
