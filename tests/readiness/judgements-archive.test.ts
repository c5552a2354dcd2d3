import { describe, expect, test } from 'vitest';
import {
  type ArchivedDocumentFact,
  judgeArchive,
} from '../../src/readiness/collectors/compliance/compliance.archive.signed-documents-complete.rules.ts';
import { judgeSeal } from '../../src/readiness/collectors/security/self-hosted.signing-certificate-trusted.rules.ts';
import type { DocumentFact, SignatureFact } from '../../src/readiness/instruments.ts';

const nowMs = Date.UTC(2030, 0, 1);
const dayMs = 86_400_000;
const sealed = (change: Partial<SignatureFact> = {}, daysLeft = 90, fault: string | null = null): SignatureFact => ({
  kind: 'signature',
  fault: null,
  certificate: { fault, validToMs: nowMs + daysLeft * dayMs, fingerprint: 'ab'.repeat(32) },
  ...change,
});
const stamp = sealed({ kind: 'timestamp' });
const signedBy = (...found: SignatureFact[]): DocumentFact => ({
  state: 'stored',
  signatures: { found, tooMuch: false },
});

describe('self-hosted.signing-certificate-trusted', () => {
  test.each<[string, DocumentFact | null, string, string]>([
    ['nothing was archived', null, 'unknown', 'No signed PDF'],
    ['its bytes are missing', { state: 'missing', signatures: null }, 'unknown', 'missing'],
    ['its bytes are others', { state: 'damaged', signatures: null }, 'failed', 'not those that were archived'],
    ['it is too large', { state: 'stored', signatures: null }, 'unknown', 'too large'],
    ['it is sealed', signedBy(sealed()), 'passed', 'for 90 days more'],
    ['it is sealed and stamped', signedBy(sealed(), stamp), 'passed', 'trusted certificate'],
    ['it is not signed', signedBy(), 'failed', 'is not signed'],
    ['it is stamped alone', signedBy(stamp), 'failed', 'is not signed'],
    [
      'it was changed',
      signedBy(sealed({ fault: 'covers bytes that were changed' })),
      'failed',
      'has a signature that covers',
    ],
    [
      'its stamp is broken',
      signedBy(sealed(), sealed({ kind: 'timestamp', fault: 'cannot be read' })),
      'failed',
      'has a timestamp',
    ],
    [
      'too much is in it',
      { state: 'stored', signatures: { found: [sealed()], tooMuch: true } },
      'failed',
      'gone through',
    ],
    [
      'its certificate is its own',
      signedBy(sealed({}, 90, 'the certificate is its own issuer')),
      'failed',
      'its own issuer',
    ],
    ['its certificate lasts a month', signedBy(sealed({}, 30)), 'passed', '30 days'],
    ['its certificate ends soon', signedBy(sealed({}, 29)), 'failed', 'ends in 29 days'],
    ['the last seal is of a bad one', signedBy(sealed(), sealed({}, 10)), 'failed', 'ends in 10 days'],
    ['an earlier seal is of a bad one', signedBy(sealed({}, 10), sealed()), 'passed', '90 days'],
  ])('when %s', (_when, document, state, seen) => {
    const found = judgeSeal({ concerned: true, document: document && { ...document, id: 'doc_1' } }, nowMs);
    expect(found).toMatchObject({ state, seen: expect.stringContaining(seen) });
  });

  test('does not concern a service that the provider hosts', () => {
    expect(judgeSeal({ concerned: false, why: 'Hosted.' }, nowMs).state).toBe('not-applicable');
  });
});

describe('compliance.archive.signed-documents-complete', () => {
  const document = (fact: DocumentFact, change: Partial<ArchivedDocumentFact> = {}): ArchivedDocumentFact => ({
    id: 'doc_1',
    kind: 'signed',
    isPdf: true,
    ...fact,
    ...change,
  });
  const whole = document(signedBy(sealed()));
  const log = document(signedBy(), { kind: 'audit-log' });
  const large = document({ state: 'stored', signatures: null });
  const facts = { concerned: true, completed: 3, lacking: 0, examples: [], toExamine: 1, examined: [whole] } as const;

  test.each<[string, Partial<Extract<Parameters<typeof judgeArchive>[0], { concerned: true }>>, string, string]>([
    ['all is there and whole', {}, 'passed', 'All 3 completions'],
    ['a log is not signed', { examined: [whole, log] }, 'passed', '2 documents hashed'],
    ['there is nothing to be signed', { examined: [log] }, 'passed', 'signatures of 0 read'],
    ['some are too large', { examined: [whole, large] }, 'passed', '1 PDF too large'],
    ['all are too large', { examined: [large] }, 'unknown', 'too large'],
    ['something was not archived', { lacking: 7, examples: ['a', 'b'] }, 'failed', 'of a, b and 5 more'],
    [
      'a document is damaged',
      { examined: [whole, document({ state: 'damaged', signatures: null })] },
      'failed',
      '(damaged)',
    ],
    [
      'a log is missing',
      { examined: [document({ state: 'missing', signatures: null }, { kind: 'audit-log' })] },
      'failed',
      '(missing)',
    ],
    ['one is not signed', { examined: [whole, document(signedBy())] }, 'failed', 'doc_1 is not signed'],
    ['one is stamped alone', { examined: [document(signedBy(stamp))] }, 'failed', 'is not signed'],
    [
      'a signature is broken',
      { examined: [document(signedBy(sealed({ fault: 'cannot be read' })))] },
      'failed',
      'cannot be read',
    ],
    ['nothing was completed', { completed: 0 }, 'unknown', 'Nothing was completed'],
    [
      'nothing was completed, and one is not signed',
      { completed: 0, examined: [document(signedBy())] },
      'failed',
      'not signed',
    ],
    ['too little could be read', { toExamine: 200 }, 'unknown', 'Only 1 document'],
  ])('when %s', (_when, change, state, seen) => {
    expect(judgeArchive({ ...facts, ...change })).toMatchObject({ state, seen: expect.stringContaining(seen) });
  });

  test('does not concern a connection that archives nothing', () => {
    expect(judgeArchive({ concerned: false }).state).toBe('not-applicable');
  });
});
