import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** Somebody who asks for the log. `onRecord`: that it was read, or refused, is in the log itself. */
export type Reader = { who: string; operation: string; may: boolean; status: number; onRecord: boolean };
export type AuditAccessFacts = {
  readers: readonly Reader[];
  /** Requests that would change the log, and what they were answered. */
  changes: readonly { operation: string; status: number }[];
  /** What the database's role was let do. */
  statements: readonly { statement: string; done: boolean }[];
};

const fewestReaders = 12;

/** Only those whom the published table lets read the log do, on record, and nobody changes it. */
export function judgeAuditAccess({ readers, changes, statements }: AuditAccessFacts): Finding {
  const values = { readers: readers.length, changesTried: changes.length, statementsTried: statements.length };
  const nameAll = (some: readonly Reader[]): string => listed(some.map(({ who, operation }) => `${who}: ${operation}`));
  const done = statements.filter((each) => each.done).map(({ statement }) => statement);
  if (done.length > 0)
    return failed(`The database let the application ${listed(done)}.`, values, 'posthorn audit verify');
  const changed = changes.filter(({ status }) => status < 400);
  if (changed.length > 0) return failed(`Taken: ${listed(changed.map(({ operation }) => operation))}.`, values);
  const tooMuch = readers.filter(({ may, status }) => !may && status < 400);
  if (tooMuch.length > 0) return failed(`The log was shown to ${nameAll(tooMuch)}.`, values);
  const tooLittle = readers.filter(({ may, status }) => may && status !== 200);
  if (tooLittle.length > 0) return failed(`The log was not shown to ${nameAll(tooLittle)}.`, values);
  const unrecorded = readers.filter(({ onRecord }) => !onRecord);
  if (unrecorded.length > 0) return failed(`Not on record: ${nameAll(unrecorded)}.`, values);
  if (readers.length < fewestReaders || statements.length === 0) return unknown('Too few tried.', values);
  return passed(
    'Owners, admins and auditors read the log, on record; nobody else does, and nobody changes it.',
    values,
  );
}
