import { CliFailure } from '../failure.ts';
import { readableDuration } from '../terminal/readable.rules.ts';

/** A running Posthorn as a verb talks to it. `key` is a secret. */
export type ApiClient = {
  readonly url: string;
  /** Sends JSON unless `body` is raw. Rejects with an ApiProblem, or with a CliFailure when it cannot be reached. */
  request<Answer>(method: string, path: string, body?: unknown, raw?: RawBody): Promise<Answer>;
};

export type RawBody = { bytes: Uint8Array; headers: Record<string, string> };

/** Posthorn refused: an RFC 9457 problem. */
export class ApiProblem extends CliFailure {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, what: string, remedy: string) {
    super(what, remedy);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
  }
}

const timeoutMs = 30_000;

export function createApiClient(options: { url: string; key: string }): ApiClient {
  const { url, key } = options;
  return {
    url,
    async request<Answer>(method: string, path: string, body?: unknown, raw?: RawBody): Promise<Answer> {
      const json = body === undefined ? null : JSON.stringify(body);
      const content = raw?.bytes ?? json;
      const response = await reach(url, path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          ...(json === null ? {} : { 'content-type': 'application/json' }),
          ...raw?.headers,
        },
        ...(content === null ? {} : { body: content }),
      });
      const text = await response.text();
      if (!response.ok) throw readProblem(response, text);
      if (text === '') return undefined as Answer;
      try {
        return JSON.parse(text) as Answer;
      } catch {
        throw new CliFailure(`${url}${path} did not answer with JSON`, 'check that --url is a Posthorn');
      }
    },
  };
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    // A redirect could carry the key elsewhere.
    return await fetch(url + path, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new CliFailure(`${url} did not answer in ${readableDuration(timeoutMs)}`, 'see what Posthorn logs');
    }
    const cause = error instanceof Error ? error.cause : undefined;
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'ECONNREFUSED') {
      throw new CliFailure(`nothing listens at ${url}`, 'start Posthorn with posthorn up, or name it with --url');
    }
    const why = code ?? (cause instanceof Error ? cause.message : String(error));
    throw new CliFailure(`${url} cannot be reached (${why})`, 'check --url and that Posthorn runs');
  }
}

function readProblem(response: Response, text: string): ApiProblem {
  let problem: { code?: unknown; title?: unknown; detail?: unknown; errors?: unknown } = {};
  try {
    problem = (JSON.parse(text) ?? {}) as typeof problem;
  } catch {
    // Not Posthorn, or something before it: the status says what there is to say.
  }
  const code = typeof problem.code === 'string' ? problem.code : '';
  const title = typeof problem.title === 'string' ? problem.title : `the answer was ${response.status}`;
  const said = typeof problem.detail === 'string' && problem.detail !== '' ? problem.detail : title;
  const what = `${said.replace(/[.\s]+$/, '')}${describeErrors(problem.errors)}`;
  const retryAfter = response.headers.get('retry-after');
  return new ApiProblem(response.status, code, what, remedyFor(code, response.status, retryAfter, said));
}

function describeErrors(errors: unknown): string {
  if (!Array.isArray(errors) || errors.length === 0) return '';
  const described = (errors as { pointer?: string; message?: string }[]).map((each) =>
    [each.pointer, each.message].filter(Boolean).join(' '),
  );
  return ` (${described.join(', ')})`;
}

function remedyFor(code: string, status: number, retryAfter: string | null, said: string): string {
  if (code === 'unauthorized') return 'give a valid key with --key or POSTHORN_KEY';
  // Much is forbidden to a person, such as approving a waiver of their own, that no permission and no operator changes.
  if (code === 'forbidden' && !said.includes('permission')) return 'ask somebody who may, or act with a key of theirs';
  if (code === 'forbidden') return 'use a key with that permission, or the operator key';
  if (code === 'unknown_event_type') return 'register it with --register';
  if (code === 'payload_schema_mismatch') return 'change the payload, or the schema of the event type';
  if (code === 'not_found') return 'check the id and --team';
  if (status === 429 || status === 503) return `try again in ${retryAfter ?? 'a few'} s`;
  if (status >= 500) return 'see what Posthorn logs';
  return 'change the request';
}
