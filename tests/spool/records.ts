import type { SpoolRecord } from '../../src/spool/spool.ts';

/** Record number `n`; the body has so many bytes that tell it from any other. */
export function recordOf(n: number, bodyBytes = 20): { head: string; body: Buffer } {
  const body = Buffer.alloc(bodyBytes, `body ${n}, `);
  return { head: JSON.stringify({ n, name: 'Zoë' }), body };
}

/** The numbers of records, each of which must be as `recordOf` made it. */
export function numbersOf(records: SpoolRecord[]): number[] {
  return records.map(({ head, body }) => {
    const { n } = JSON.parse(head) as { n: number };
    const made = recordOf(n, body.length);
    if (made.head !== head || !made.body.equals(body)) throw new Error(`record ${n} is not as it was appended`);
    return n;
  });
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
