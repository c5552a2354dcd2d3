import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { makePdf } from '../simulation/pdf.rules.ts';
import { examineDocument } from './examine-document.ts';

const pdf = makePdf(2_000);
const sha256 = createHash('sha256').update(pdf).digest('hex');
const examine = (kept: Buffer | null, change: { contentType?: string; sizeBytes?: number; sha256?: string } = {}) => {
  const open = () => Promise.resolve(kept && { sizeBytes: kept.length, stream: Readable.from([kept]) });
  const keep = () => Promise.reject(new Error('nothing is kept here'));
  return examineDocument(
    { blobs: { kept: { open, keep, removeTeam: () => Promise.resolve() } } },
    { teamId: 'team', document: { sha256, sizeBytes: pdf.length, contentType: 'application/pdf', ...change } },
  );
};

describe('examineDocument', () => {
  it('reads the signatures of a PDF whose bytes are those that were stored', async () => {
    expect(await examine(pdf)).toEqual({ state: 'stored', signatures: { signatures: [], tooMuch: false } });
  });

  it('says that bytes are missing, fewer, or others, and reads nothing in them', async () => {
    const others = Buffer.from(pdf).fill('x', 100, 110);
    expect(await examine(null)).toEqual({ state: 'missing', signatures: null });
    expect(await examine(pdf.subarray(1))).toEqual({ state: 'damaged', signatures: null });
    expect(await examine(others)).toEqual({ state: 'damaged', signatures: null });
  });

  it('hashes other documents, and PDFs of more than 32 MiB, alone', async () => {
    expect(await examine(pdf, { contentType: 'application/xml' })).toEqual({ state: 'stored', signatures: null });
    const large = Buffer.alloc(32 * 1024 * 1024 + 1);
    const of = { sizeBytes: large.length, sha256: createHash('sha256').update(large).digest('hex') };
    expect(await examine(large, of)).toEqual({ state: 'stored', signatures: null });
  });
});
