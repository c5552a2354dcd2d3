import { ScenarioProblem } from '../../scenario-problem.rules.ts';
import { type Part, readMultipart } from '../multipart.rules.ts';
import { type Loose, numberAt, objectAt, readObject, textAt } from '../read-json.rules.ts';
import type { ServedRequest } from '../served.ts';
import { type DocumensoErrorShape, refuse } from './documenso-errors.rules.ts';
import type { DocumensoState, StoredEnvelope } from './documenso-state.rules.ts';

/** The JSON of a request; ends it with 400 when it is none. */
export function bodyOf(request: ServedRequest, shape: DocumensoErrorShape = 'v2'): Loose {
  return readObject(request.body) ?? refuse(shape, 400, 'The body is not a JSON object');
}

/** A form with `payload`, which is JSON, and `files`. */
export function formOf(request: ServedRequest): { payload: Loose; files: { title: string; bytes: Buffer }[] } {
  const parts = readMultipart(request.body, request.headers.get('content-type') ?? '');
  if (parts === null) return refuse('v2', 400, 'The body is not multipart/form-data');
  const named = (name: string): Part[] => parts.filter(({ disposition }) => disposition.get('name') === name);
  const [part] = named('payload');
  const payload = part === undefined ? null : readObject(part.body);
  if (payload === null) return refuse('v2', 400, 'The form has no payload of JSON', ['payload is required']);
  const files = [...named('files'), ...named('files[]')].map(({ disposition, body }) => ({
    title: (disposition.get('filename') ?? 'document.pdf').replace(/\.pdf$/i, ''),
    bytes: body,
  }));
  return { payload, files };
}

/** A text that must be there. */
export function demandText(body: Loose, name: string): string {
  const value = textAt(body, name);
  return value === null || value === '' ? refuse('v2', 400, `${name} is required`, [`${name} is required`]) : value;
}

/** The envelope that a body names; ends the request with 404 when there is none. */
export function demandEnvelope(
  state: DocumensoState,
  id: string | number | null,
  shape: DocumensoErrorShape = 'v2',
): StoredEnvelope {
  const stored = id === null ? undefined : state.find(String(id));
  return stored ?? refuse(shape, 404, 'There is no such envelope');
}

/** Ends a request with 400 when the simulated world does not let it happen. */
export function attempt<Result>(shape: DocumensoErrorShape, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof ScenarioProblem) return refuse(shape, 400, `The request ${error.what}`);
    throw error;
  }
}

/** One page of a list, as v2 answers it. */
export function pageOf(
  request: ServedRequest,
  all: readonly StoredEnvelope[],
  show: (one: StoredEnvelope) => object,
): object {
  const { query } = request;
  const asked = Object.fromEntries(query);
  const page = numberAt(asked, 'page') ?? 1;
  const perPage = numberAt(asked, 'perPage') ?? 10;
  if (perPage < 1 || perPage > 100) refuse('v2', 400, 'perPage is not from 1 to 100', ['perPage: at most 100']);
  if (page < 1) refuse('v2', 400, 'page is not 1 or more', ['page: at least 1']);
  const found = all.filter((each) => isAsked(each, query));
  const isAscending = query.get('orderByDirection') === 'asc';
  const ordered = isAscending ? found.toReversed() : found;
  return {
    data: ordered.slice((page - 1) * perPage, page * perPage).map(show),
    count: found.length,
    currentPage: page,
    perPage,
    totalPages: Math.ceil(found.length / perPage),
  };
}

function isAsked({ envelope, folderId }: StoredEnvelope, query: URLSearchParams): boolean {
  const is = (name: string, value: string | null): boolean => !query.has(name) || query.get(name) === value;
  const text = query.get('query')?.toLowerCase() ?? '';
  const people = envelope.recipients.flatMap(({ name, email }) => [name, email]);
  const said = [envelope.title, envelope.externalId ?? '', ...people].join('\n').toLowerCase();
  return (
    is('type', envelope.type) &&
    is('status', envelope.status) &&
    is('source', envelope.source) &&
    is('templateId', envelope.templateId === null ? null : String(envelope.templateId)) &&
    is('folderId', folderId) &&
    said.includes(text)
  );
}

/** What a body or its `meta`, `override` says about an envelope's e-mails and signing, as one object. */
export function metaOf(body: Loose, before: Loose = {}): Loose {
  return { ...before, ...objectAt(body, 'meta'), ...objectAt(body, 'override') };
}
