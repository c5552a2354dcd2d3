import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import { Problem } from '../../../problem.ts';
import type { GatheringContext } from '../../instruments.ts';

/** What DocuSign answered to a read below the account; `refused` in words where no token was to be had. */
export type AccountRead =
  | { kind: 'answer'; status: number; body: unknown }
  | { kind: 'refused'; why: string }
  | { kind: 'none'; why: string };

const longestMs = 10_000;
const bodyMost = 512 * 1024;

/** The account that a connection acts in, as it was entered; null where it is left to DocuSign. */
export function accountOf({ options, credentials }: ConnectionConfig): string | null {
  const { accountId } = options;
  if (typeof accountId === 'string' && accountId !== '') return accountId;
  const [named] = credentials.flatMap(({ fields }) => {
    const field = fields['accountId'];
    return field !== undefined && 'value' in field && field.value !== '' ? [field.value] : [];
  });
  return named ?? null;
}

/** One GET below the account, through the connection, on record as a check. `below` begins with a slash, or is empty. */
export async function readBelowAccount(
  context: GatheringContext,
  connectionId: string,
  accountId: string,
  below: string,
): Promise<AccountRead> {
  const path = `/v2.1/accounts/${encodeURIComponent(accountId)}${below}`;
  try {
    const signal = AbortSignal.timeout(longestMs);
    const answer = await context.call({ connectionId, method: 'GET', path, origin: 'check', signal });
    let text = '';
    for await (const chunk of answer.body) if (text.length < bodyMost) text += String(chunk);
    const body = parsed(text);
    // Asked from outside, Posthorn's own refusal is an answer too.
    const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown };
    if (answer.status === 502 && code === 'credential_failed') return { kind: 'refused', why: String(detail) };
    if (answer.status >= 500) return { kind: 'none', why: `the answer was ${answer.status}` };
    return { kind: 'answer', status: answer.status, body };
  } catch (error) {
    if (!(error instanceof Problem)) return { kind: 'none', why: 'the answer broke off' };
    const why = error.message;
    return error.code === 'credential_failed' ? { kind: 'refused', why } : { kind: 'none', why: error.code };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
