import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { DocumentFact } from '../../instruments.ts';
import { lackOf } from '../signed-pdf.rules.ts';

export type ArchivedDocumentFact = DocumentFact & { id: string; kind: string; isPdf: boolean };

export type ArchiveFacts =
  | { concerned: false }
  | {
      concerned: true;
      /** What was completed between 30 days and an hour ago, as events told. */
      completed: number;
      /** Of these without their documents, and some of them. */
      lacking: number;
      examples: readonly string[];
      /** Documents that are there to be examined, up to the most that are. */
      toExamine: number;
      examined: readonly ArchivedDocumentFact[];
    };

const command = 'posthorn archive jobs; posthorn archive retry <job>';
const examinedLeast = 20;

/** Everything that was completed is archived, the bytes are those that were stored, and what is signed is whole. */
export function judgeArchive(facts: ArchiveFacts): Finding {
  if (!facts.concerned) return notApplicable('It archives nothing.');
  const { completed, lacking, examined, toExamine } = facts;
  const broken = examined.filter(({ state }) => state !== 'stored');
  const signed = examined.filter(({ kind, isPdf, state }) => kind === 'signed' && isPdf && state === 'stored');
  const lacks = signed.flatMap(({ id, signatures }) => {
    const lack = signatures === null ? null : lackOf(signatures);
    return lack === null ? [] : [`${id} ${lack}`];
  });
  const unread = signed.filter(({ signatures }) => signatures === null).length;
  const values = {
    completed30Days: completed,
    withoutDocuments: lacking,
    documentsHashed: examined.length,
    signaturesRead: signed.length - unread,
    damagedOrMissing: broken.length,
    notWholeOrUnsigned: lacks.length,
    tooLargeToRead: unread,
  };
  const seen = [
    ...(lacking === 0 ? [] : [`Nothing whole is archived of ${exampled(facts.examples, lacking)}.`]),
    ...(broken.length === 0
      ? []
      : [`Not as they were stored: ${listed(broken.map(({ id, state }) => `${id} (${state})`))}.`]),
    ...(lacks.length === 0 ? [] : [`Of what is archived as signed, ${listed(lacks)}.`]),
  ];
  if (seen.length > 0) return failed(seen.join(' '), values, command);
  if (completed === 0) return unknown('Nothing was completed between 30 days and an hour ago.', values);
  if (examined.length < Math.min(toExamine, examinedLeast)) {
    return unknown(`Only ${counted(examined.length, 'document')} could be read in time. Run it again.`, values);
  }
  if (signed.length > 0 && unread === signed.length) {
    return unknown('What is archived as signed is too large for its signatures to be read.', values);
  }
  const tooLarge = unread === 0 ? '' : ` ${counted(unread, 'PDF')} too large to be read for signatures.`;
  return passed(
    `All ${counted(completed, 'completion')} of 30 days are archived; ${counted(examined.length, 'document')} hashed anew, ` +
      `the signatures of ${signed.length - unread} read, all whole.${tooLarge}`,
    values,
  );
}

/** `listed`, of what is longer than its examples. */
function exampled(examples: readonly string[], count: number): string {
  const left = count - examples.length;
  return left > 0 ? `${examples.join(', ')} and ${left} more` : listed(examples);
}
