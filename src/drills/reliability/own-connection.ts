import type { Stage } from '../stage.ts';

/** What a call through a connection of the team was answered; status 0: there was no answer. */
export type OwnAnswer = { status: number; body: Readonly<Record<string, unknown>> };

const timeoutMs = 40_000;

/** One call through a connection of the team whose drill it is, under its policy and on record. @throws when it was stopped */
export async function callThrough(
  stage: Stage,
  connectionId: string,
  method: string,
  path: string,
  more: { body?: string | FormData; headers?: Readonly<Record<string, string>>; signal?: AbortSignal } = {},
): Promise<OwnAnswer> {
  const { body, headers = {}, signal = stage.signal } = more;
  try {
    const answer = await fetch(`${stage.gateway.url}/egress/${connectionId}${path}`, {
      method,
      headers: { 'posthorn-key': stage.gateway.operatorKey, ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return { status: answer.status, body: objectOf(await answer.text()) };
  } catch {
    signal.throwIfAborted();
    return { status: 0, body: {} };
  }
}

/** How an answer is called in a sentence: `422 VALIDATION_ERROR`. */
export function toldAnswer({ status, body }: OwnAnswer): string {
  const code = body['code'] ?? body['errorCode'] ?? (body['error'] as { code?: unknown } | undefined)?.code;
  if (status === 0) return 'not answered';
  return typeof code === 'string' ? `answered ${status} ${code.slice(0, 100)}` : `answered ${status}`;
}

export const isTaken = ({ status }: OwnAnswer): boolean => status >= 200 && status < 300;

function objectOf(text: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : {};
  } catch {
    return {};
  }
}
