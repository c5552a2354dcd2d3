import { failed, passed } from '../../readiness/finding.rules.ts';
import type { Finding, MeasuredValue } from '../../readiness/finding.ts';
import type { HttpProbe } from './team-check.ts';

/** What a URL answered to one GET, or why it did not. `body` is its first 64 kB. */
export type ProbedAnswer =
  | { kind: 'answer'; status: number; body: string; isCut: boolean; totalMs: number }
  | { kind: 'failure'; reason: string };

/** Holds an answer to what is expected. Nothing of the body is in the finding: it may hold anything. */
export function judgeProbe({ expect }: HttpProbe, answer: ProbedAnswer): Finding {
  if (answer.kind === 'failure') return failed(`No answer came: ${answer.reason}.`, { answered: false });
  const { status, body, isCut } = answer;
  const values: Record<string, MeasuredValue['value']> = {
    answered: true,
    status,
    totalMs: Math.round(answer.totalMs),
  };
  const wanted = expect.status ?? null;
  const isStatus = wanted === null ? status >= 200 && status < 300 : status === wanted;
  if (!isStatus) return failed(`The answer was ${status}, expected was ${wanted ?? 'any 2xx'}.`, values);
  if (expect.contains !== undefined && !body.includes(expect.contains)) {
    return failed(`The answer was ${status} and did not contain what is expected${cut(isCut)}.`, values);
  }
  if (expect.json !== undefined) {
    const found = valueAt(body, expect.json.pointer);
    if (!found.ok) return failed(`The answer was ${status} and ${found.why}${cut(isCut)}.`, values);
    if (found.value !== expect.json.equals) {
      return failed(`The answer was ${status}, and ${expect.json.pointer} is not what is expected.`, values);
    }
  }
  return passed(`The answer was ${status} as expected.`, values);
}

function cut(isCut: boolean): string {
  return isCut ? ' in its first 64 kB' : '';
}

/** Source of the pointers: RFC 6901. */
function valueAt(body: string, pointer: string): { ok: true; value: unknown } | { ok: false; why: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, why: 'was no JSON' };
  }
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const inside: unknown = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    if (inside !== true) return { ok: false, why: `has nothing at ${pointer}` };
    value = (value as Record<string, unknown>)[name];
  }
  return { ok: true, value };
}
