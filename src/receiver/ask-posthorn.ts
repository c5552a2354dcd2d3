import { parseJson } from './event-content.rules.ts';
import { readRetryAfter } from './feed-retry.rules.ts';
import { PosthornError, type PosthornErrorReason } from './posthorn-error.ts';

const reasons: Readonly<Record<number, PosthornErrorReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
};

/**
 * GETs something of Posthorn, whole.
 * @throws PosthornError for any answer but a 2xx, and for none; what `signal` aborts is `unreachable`
 */
export async function askPosthorn(
  request: { url: URL; headers: Record<string, string>; timeoutMs: number; signal: AbortSignal | undefined },
  fetchIt: typeof fetch,
): Promise<{ status: number; body: Buffer }> {
  const { url, headers } = request;
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const place = `${url.origin}${url.pathname}`;
  let response: Response;
  let body: Buffer;
  try {
    // A redirect is an answer that Posthorn does not give, and would take a key elsewhere.
    response = await fetchIt(url, { headers, signal, redirect: 'manual' });
    body = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new PosthornError('unreachable', `No answer from ${place}.`, { cause: error });
  }
  if (!response.ok) throw refusal(response, body, place);
  return { status: response.status, body };
}

function refusal(response: Response, body: Buffer, place: string): PosthornError {
  const { status } = response;
  const { code, detail } = (parseJson(body, 'application/json') ?? {}) as Record<string, unknown>;
  const isTemporary = status >= 500 || status === 429 || status === 408;
  const reason = isTemporary ? 'unavailable' : (reasons[status] ?? (status < 400 ? 'unexpected_answer' : 'refused'));
  const said = typeof detail === 'string' ? ` ${detail}` : '';
  return new PosthornError(reason, `${place} answered ${status}.${said}`, {
    status,
    code: typeof code === 'string' ? code : null,
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), Date.now()),
  });
}
