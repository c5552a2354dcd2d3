import { counted, failed, listed, passed } from '../../finding.rules.ts';
import type { Finding } from '../../finding.ts';
import type { ReferenceFacts } from '../../instruments.ts';

export type DocumentedErrors = Pick<ReferenceFacts, 'registered' | 'documented' | 'explained' | 'answered'>;

/** What may be thrown, what the reference lists, and what the page of problems explains are the same. */
export function judgeErrors({ registered, documented, explained, answered }: DocumentedErrors): Finding {
  const codes = registered.map(({ code }) => code);
  const known = new Set(codes);
  const undocumented = codes.filter((code) => !documented.includes(code) || !explained.includes(code));
  const invented = [...new Set([...documented, ...explained])].filter((code) => !known.has(code));
  const foreign = answered.filter((code) => !known.has(code));
  const poor = registered.filter(({ complete }) => !complete).map(({ code }) => code);
  const values = { codes: codes.length, documented: documented.length, answered: answered.length };
  if (undocumented.length > 0) return failed(`Not in the reference: ${listed(undocumented)}.`, values);
  if (invented.length > 0) return failed(`In the reference, and never thrown: ${listed(invented)}.`, values);
  if (foreign.length > 0) return failed(`Answered, and not in the registry: ${listed(foreign)}.`, values);
  if (poor.length > 0) return failed(`Without status or meaning: ${listed(poor)}.`, values);
  return passed(`${counted(codes.length, 'code')}, all documented.`, values);
}
