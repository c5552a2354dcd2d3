import { ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { readableDuration } from '../terminal/readable.rules.ts';
import { type ListenedLine, readLine } from './listened-line.rules.ts';

/** The connection failed or was cut: another one may hold. */
export class ConnectionLost extends CliFailure {}

export type OpenStream = (after: string | null, signal: AbortSignal) => Promise<AsyncIterable<ListenedLine>>;

const answerMs = 15_000;
/** Three pings are missing. */
const silenceMs = 45_000;
const lineMax = 16 * 1024 * 1024;

/**
 * Opens the stream: resolves when Posthorn has begun to answer.
 * @param options.path with its query, but for `after`; what it begins with goes on as `after` once there is a cursor.
 * @throws ApiProblem, ConnectionLost; what is read from the stream throws ConnectionLost when it is cut
 */
export function createStreamOpener(options: {
  url: string;
  key: string;
  path: string;
  query: Readonly<Record<string, string>>;
  silenceMs?: number;
}): OpenStream {
  return async (after, signal) => {
    const { since, ...rest } = options.query;
    const begin = after !== null ? { after } : since === undefined ? {} : { since };
    const query = new URLSearchParams({ ...rest, ...begin }).toString();
    const controller = new AbortController();
    const whenAborted = AbortSignal.any([signal, controller.signal]);
    const response = await connect(options, `${options.path}${query === '' ? '' : `?${query}`}`, {
      signal: whenAborted,
      giveUp: () => controller.abort(),
    });
    const body = response.body;
    if (body === null || !(response.headers.get('content-type') ?? '').startsWith('application/x-ndjson')) {
      controller.abort();
      throw new CliFailure(
        `${options.url} does not answer with a stream`,
        'check that --url is a Posthorn of this version',
      );
    }
    return lines(body, { silenceMs: options.silenceMs ?? silenceMs, giveUp: () => controller.abort() });
  };
}

async function connect(
  { url, key }: { url: string; key: string },
  path: string,
  { signal, giveUp }: { signal: AbortSignal; giveUp: () => void },
): Promise<Response> {
  const timer = setTimeout(giveUp, answerMs);
  try {
    // A redirect could carry the key elsewhere.
    const headers = { authorization: `Bearer ${key}`, accept: 'application/x-ndjson' };
    const response = await fetch(url + path, { headers, redirect: 'error', signal });
    if (response.ok) return response;
    throw readProblem(response, await response.text());
  } catch (error) {
    throw error instanceof CliFailure ? error : unreachable(url, error);
  } finally {
    clearTimeout(timer);
  }
}

async function* lines(
  body: ReadableStream<Uint8Array>,
  options: { silenceMs: number; giveUp: () => void },
): AsyncGenerator<ListenedLine> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const chunk = await readInTime(reader, options);
      if (chunk === null) throw new ConnectionLost('the connection was closed', 'it is opened again');
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > lineMax)
        throw new ConnectionLost('a line of the stream does not end', 'see what is before Posthorn');
      for (const part of parts) {
        const line = part === '' ? null : readLine(part);
        if (line !== null) yield line;
      }
    }
  } finally {
    options.giveUp();
  }
}

/** Only waiting counts as silence: who takes the lines may take its time. */
async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { silenceMs, giveUp }: { silenceMs: number; giveUp: () => void },
): Promise<Uint8Array | null> {
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    giveUp();
  }, silenceMs);
  try {
    const { value } = await reader.read();
    return value ?? null;
  } catch (error) {
    if (silent) throw new ConnectionLost(`nothing came for ${readableDuration(silenceMs)}`, 'it is opened again');
    throw new ConnectionLost(`the connection was cut (${reasonOf(error)})`, 'it is opened again');
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(url: string, error: unknown): ConnectionLost {
  const why = reasonOf(error);
  if (why === 'ECONNREFUSED') {
    return new ConnectionLost(`nothing listens at ${url}`, 'start Posthorn with posthorn up, or name it with --url');
  }
  return new ConnectionLost(`${url} cannot be reached (${why})`, 'check --url and that Posthorn runs');
}

/** The code of a failed request, or what its error says. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code } = (cause ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? cause.message : String(cause);
}

function readProblem(response: Response, text: string): ApiProblem {
  let problem: { code?: unknown; detail?: unknown; errors?: unknown } = {};
  try {
    problem = (JSON.parse(text) ?? {}) as typeof problem;
  } catch {
    // Not Posthorn, or something before it: the status says what there is to say.
  }
  const code = typeof problem.code === 'string' ? problem.code : '';
  const said = typeof problem.detail === 'string' ? problem.detail : `the answer was ${response.status}`;
  const where = Array.isArray(problem.errors)
    ? ` (${(problem.errors as { pointer?: string; message?: string }[]).map((each) => `${each.pointer} ${each.message}`).join(', ')})`
    : '';
  const remedy = code === 'invalid_request' ? 'see: posthorn listen --help' : remedyFor(code);
  return new ApiProblem(response.status, code, said.replace(/[.\s]+$/, '') + where, remedy);
}

/** What to do about the code of a refusal, also of one that ends a stream. */
export function remedyFor(code: string): string {
  if (code === 'unauthorized') return 'give a valid key with --key or POSTHORN_KEY';
  if (code === 'forbidden') return 'use a key that holds feed:read, or the operator key';
  if (code === 'not_found') return 'check the id and --team, and that --url is a Posthorn of this version';
  return 'see what Posthorn logs';
}
