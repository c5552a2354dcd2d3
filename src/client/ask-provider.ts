import type { Connection } from './connection.ts';
import { PosthornError } from './posthorn-error.ts';
import { ProviderError } from './provider-error.ts';
import { isPassingStatus, isRepeatable, readRetryAfter } from './retry.rules.ts';

/** What a method of a provider may be given beside its input. */
export type CallOptions = { signal?: AbortSignal | undefined };

/** What an error tells. `polling`: it passes, but not by asking again. Null leaves `kind` to the status. */
export type ReadFailure = (failed: { status: number; body: unknown; retryAfterMs: number | null; nowMs: number }) => {
  code: string | null;
  kind: 'retryable' | 'permanent' | 'polling' | null;
  /** Where the answer tells it elsewhere than in Retry-After. */
  retryAfterMs?: number;
};

type ProviderRequest = {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer> | FormData;
  headers?: Readonly<Record<string, string>>;
  /** Does nothing twice, although it is a POST. */
  repeatable?: boolean;
};

/** Asks one provider through one connection. `operation` is a name for people, such as `cancel`. */
export type AskProvider = {
  /** @throws ProviderError for all but a 2xx; PosthornError */
  response(operation: string, request: ProviderRequest, options?: CallOptions): Promise<Response>;
  /** JSON, whatever it is. @throws as `response`, and ProviderError `not_json` */
  json(operation: string, request: ProviderRequest, options?: CallOptions): Promise<unknown>;
  /** A JSON object that has these keys. @throws as `json`, and ProviderError `unknown_shape` */
  object<Answer extends object>(
    operation: string,
    request: ProviderRequest & { keys: readonly (keyof Answer & string)[] },
    options?: CallOptions,
  ): Promise<Answer>;
};

const bodyMaxBytes = 64 * 1024;

export function askProvider(connection: Connection, provider: string, readFailure: ReadFailure): AskProvider {
  const response: AskProvider['response'] = async (operation, request, options = {}) => {
    const headers = new Headers({ accept: 'application/json', ...request.headers });
    if (request.json !== undefined) headers.set('content-type', 'application/json');
    const body = request.json === undefined ? request.body : JSON.stringify(request.json);
    const answer = await connection.fetch(withQuery(request), {
      method: request.method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (answer.ok) return answer;
    const mayRepeat = request.repeatable === true || isRepeatable(request.method, headers);
    throw await failureOf(answer, { provider, operation, mayRepeat }, readFailure);
  };

  const read = async (operation: string, request: ProviderRequest, options?: CallOptions) => {
    const answer = await response(operation, request, options);
    const text = await wholeText(answer, request, options);
    const refuse = (code: string, body: unknown): ProviderError =>
      unusable(answer, { provider, operation: `${provider}.${operation}`, code, body });
    const value = parseJson(text);
    if (value === undefined) throw refuse('not_json', text.slice(0, bodyMaxBytes));
    return { value, refuse };
  };

  return {
    response,
    json: async (operation, request, options) => (await read(operation, request, options)).value,
    async object<Answer extends object>(
      operation: string,
      { keys, ...request }: ProviderRequest & { keys: readonly (keyof Answer & string)[] },
      options?: CallOptions,
    ) {
      const { value, refuse } = await read(operation, request, options);
      const answer = (typeof value === 'object' && value !== null ? value : {}) as Answer;
      if (keys.some((key) => answer[key] === undefined)) throw refuse('unknown_shape', value);
      return answer;
    },
  };
}

function withQuery({ path, query = {} }: ProviderRequest): string {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) told.set(name, String(value));
  return told.size === 0 ? path : `${path}?${told.toString()}`;
}

type About = { provider: string; operation: string; mayRepeat: boolean };

async function failureOf(answer: Response, about: About, readFailure: ReadFailure): Promise<ProviderError> {
  const { provider, operation, mayRepeat } = about;
  const { status, headers } = answer;
  const text = await beginningOf(answer);
  const body = parseJson(text) ?? text;
  const nowMs = Date.now();
  const asked = readRetryAfter(headers.get('retry-after'), nowMs);
  const failure = readFailure({ status, body, retryAfterMs: asked, nowMs });
  const retryable = failure.kind === null ? isPassingStatus(status) : failure.kind === 'retryable';
  return new ProviderError({
    provider,
    operation: `${provider}.${operation}`,
    status,
    code: failure.code,
    retryable,
    permanent: failure.kind === 'permanent' || (failure.kind === null && !retryable),
    // 429: it was counted and not taken.
    mayRepeat: mayRepeat || status === 429 || failure.kind === 'polling',
    retryAfterMs: asked ?? failure.retryAfterMs ?? null,
    callId: headers.get('posthorn-call-id'),
    body,
  });
}

/** A 2xx that is not what the provider documents; what it did is done, so it is not to be sent again. */
function unusable(
  answer: Response,
  told: { provider: string; operation: string; code: string; body: unknown },
): ProviderError {
  const callId = answer.headers.get('posthorn-call-id');
  const verdict = { retryable: false, permanent: true, mayRepeat: false, retryAfterMs: null };
  return new ProviderError({ ...told, ...verdict, status: answer.status, callId });
}

async function wholeText(answer: Response, { method }: ProviderRequest, options?: CallOptions): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    if (options?.signal?.aborted === true) throw error;
    const { status, headers } = answer;
    const callId = headers.get('posthorn-call-id');
    throw new PosthornError('unreachable', `The answer broke off (${callId}).`, {
      status,
      retryable: true,
      mayRepeat: method === 'GET',
      callId,
      cause: error,
    });
  }
}

/** Errors are kept short, whatever is sent as one; what breaks off is as good as its beginning. */
async function beginningOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
      // Leaving the loop cancels the rest.
      if (sizeBytes >= bodyMaxBytes) break;
    }
  } catch {
    // The status is known all the same.
  }
  return Buffer.concat(chunks).subarray(0, bodyMaxBytes).toString('utf8');
}

/** Undefined when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
