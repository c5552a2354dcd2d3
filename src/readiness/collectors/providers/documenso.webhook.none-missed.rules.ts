import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';

/** A document that ended, as Documenso lists it. */
export type EndedDocument = { id: string; status: string; endedAtMs: number };

export type MissedFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** Why the list is not whole; null: it is. */
      obstacle: string | null;
      /** Ended between 7 days and 3 hours ago. */
      ended: readonly EndedDocument[];
      /** Ids of those with an event of their end, or whose documents were archived. */
      known: readonly string[];
    };

/** Every document that was completed or rejected has its event. */
export function judgeMissed(facts: MissedFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { obstacle, ended, known } = facts;
  const have = new Set(known);
  const missed = ended.filter(({ id }) => !have.has(id));
  const values = { ended7Days: ended.length, withEvent: ended.length - missed.length, missed: missed.length };
  if (missed.length > 0) {
    const command = 'Documenso: settings, webhooks, log, resend; or posthorn archive request <connection> <envelope>';
    return failed(`No webhook came of the end of ${listed(missed.map(({ id }) => id))}.`, values, command);
  }
  if (obstacle !== null) return unknown(obstacle, values);
  if (ended.length === 0) return unknown('Nothing was completed or rejected between 7 days and 3 hours ago.', values);
  return passed(`${counted(ended.length, 'document')} ended, and of each a webhook came.`, values);
}

/** A page of the list: documents, and whether there is another page. */
export function readPage(body: string): { documents: EndedDocument[]; pages: number } | null {
  let answer: { data?: unknown; totalPages?: unknown } | null;
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    return null;
  }
  if (answer === null || !Array.isArray(answer.data)) return null;
  const documents = (answer.data as Record<string, unknown>[]).flatMap((each): EndedDocument[] => {
    const { id, status, completedAt, updatedAt } = each;
    const endedAtMs = Date.parse(textOf(completedAt) ?? textOf(updatedAt) ?? '');
    return typeof id === 'string' && typeof status === 'string' && Number.isFinite(endedAtMs)
      ? [{ id, status, endedAtMs }]
      : [];
  });
  return { documents, pages: typeof answer.totalPages === 'number' ? answer.totalPages : 1 };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
