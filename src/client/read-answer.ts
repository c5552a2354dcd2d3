import { PosthornError } from './posthorn-error.ts';
import { isProblemType, readProblem } from './read-problem.rules.ts';
import { isPassingStatus, readRetryAfter } from './retry.rules.ts';

type About = { base: string; method: string; mayRepeat: boolean; nowMs: number };

/** Its status is that of what passes, but asking again is what it refuses. */
const polling = 'polling_refused';
/** The provider did not take the credentials, which stays; or they could not be fetched, and a wait is told. */
const credentials = 'credential_failed';
/** Problems of calls that may have reached the provider; all others end a call before anything is sent. */
const mayHaveBeenSent: ReadonlySet<string> = new Set(['provider_unreachable', 'provider_timeout', 'internal']);

/**
 * Gives back what the provider answered, its body unread.
 * @throws PosthornError when Posthorn answered for itself, or when it was not Posthorn that answered
 */
export async function readAnswer(response: Response, about: About): Promise<Response> {
  const callId = response.headers.get('posthorn-call-id');
  if (isProblemType(response.headers.get('content-type'))) await throwProblem(response, about, callId);
  if (callId !== null) return response;
  await response.body?.cancel().catch(() => undefined);
  const { status } = response;
  const what = `What answered ${status} at ${about.base} is not Posthorn, or a proxy that drops its headers.`;
  const retryable = isPassingStatus(status);
  throw new PosthornError('unexpected_answer', what, { status, retryable, mayRepeat: about.mayRepeat });
}

/** Returns when it is no problem of Posthorn's: providers answer with problems too. */
async function throwProblem(response: Response, about: About, callId: string | null): Promise<void> {
  const { status, headers } = response;
  // Read from a copy: what turns out to be the provider's is handed on unread.
  const text = await response
    .clone()
    .text()
    .catch((error: unknown) => {
      const more = { status, retryable: true, mayRepeat: about.mayRepeat, callId, cause: error };
      throw new PosthornError('unreachable', `The answer of ${about.base} broke off.`, more);
    });
  // An answer to HEAD has no body. A provider's has no such header: Posthorn drops those that are named like its own.
  const isBare = about.method.toUpperCase() === 'HEAD' && headers.has('posthorn-request-id');
  const problem = readProblem(text);
  if (problem === null && !isBare) return;
  await response.body?.cancel().catch(() => undefined);
  const { code, detail } = problem ?? { code: 'unknown', detail: `Posthorn answered ${status}.` };
  const retryAfterMs = readRetryAfter(headers.get('retry-after'), about.nowMs);
  const passes = code !== polling && (code !== credentials || retryAfterMs !== null);
  throw new PosthornError(code, `${detail} (${code}${callId === null ? '' : `, ${callId}`})`, {
    status,
    retryable: isPassingStatus(status) && passes,
    mayRepeat: about.mayRepeat || !mayHaveBeenSent.has(code),
    retryAfterMs,
    callId,
    ...(problem === null ? {} : { problem }),
  });
}
