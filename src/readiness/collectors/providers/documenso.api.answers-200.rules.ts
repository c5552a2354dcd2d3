import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed, percentOf } from '../../finding.rules.ts';

export type DocumensoAnswers =
  | { concerned: false }
  | {
      concerned: true;
      /** The list that was asked for now. */
      newest: { status: number; durationMs: number; problem: string | null; isList: boolean };
      /** Lists of 24 hours on record, whoever asked, and those that were answered 200. */
      lists24Hours: number;
      answered200: number;
    };

const longestMs = 5_000;
const leastPercent = 99;

/** A list now, well-formed and soon; and of a day's lists 99 of 100 answered 200. */
export function judgeDocumensoAnswers(facts: DocumensoAnswers): Finding {
  if (!facts.concerned) return notApplicable('It is no connection to Documenso.');
  const { newest, lists24Hours, answered200 } = facts;
  const percent = percentOf(answered200, lists24Hours);
  const values = {
    status: newest.status === 0 ? null : newest.status,
    durationMs: newest.durationMs,
    lists24Hours,
    answered200Percent: lists24Hours === 0 ? null : percent,
  };
  const command = 'posthorn connections check <connection>';
  if (newest.status === 0) return failed(`No answer came (${newest.problem ?? 'unknown'}).`, values, command);
  if (newest.status !== 200) return failed(`A list was answered ${newest.status}.`, values, command);
  if (!newest.isList) return failed('The answer of 200 is no list as Documenso specifies it.', values, command);
  if (newest.durationMs > longestMs) return failed(`The list took ${newest.durationMs} ms.`, values, command);
  if (lists24Hours > 0 && percent < leastPercent) {
    return failed(`Of ${counted(lists24Hours, 'list')} in 24 hours ${percent} % were answered 200.`, values, command);
  }
  return passed(`A list is answered 200 in ${newest.durationMs} ms.`, values);
}
