import { ScenarioProblem } from '../../scenario-problem.rules.ts';
import { alphabets, characters, type Random } from '../../random.rules.ts';
import { AnswerNow, fileAnswer, jsonAnswer, withHeaders } from '../answers.rules.ts';
import { type CallCount, createClockWindows } from '../call-windows.rules.ts';
import { createRouter } from '../routes.rules.ts';
import type { ServedAnswer, ServedRequest, SimulatedApi } from '../served.ts';
import { type DocumensoErrorShape, documensoError, refuse } from './documenso-errors.rules.ts';
import { currentBytes, createDocumensoState, type StoredEnvelope } from './documenso-state.rules.ts';
import { v1Routes } from './v1.rules.ts';
import { envelopeRoutes } from './v2-envelopes.rules.ts';
import { legacyRoutes } from './v2-legacy.rules.ts';
import { partRoutes } from './v2-parts.rules.ts';

export type DocumensoApiOptions = {
  random: Random;
  bounds: { most: number; mostBytes: number };
  /** Calls a minute from one address, for v1 and v2 each: 1000. */
  callsPerMinute: number;
  /** `database`: v1 cannot download, as with a Documenso that keeps its files there. */
  storage: 's3' | 'database';
  /** Calls of the whole organisation until 429 without Retry-After; null for no quota. */
  organisationQuota: number | null;
  /** How long after it was sent people sign by themselves; null for never. */
  signAfterMs: number | null;
};

export type DocumensoApi = SimulatedApi & {
  /** As a client sends it, with or without `Bearer`. */
  apiToken: string;
  /** Instead of the quota that there is; what was used is forgotten. */
  setOrganisationQuota(calls: number | null): void;
};

/** Documenso's API, v1 and v2: see its section of the provider facts. */
export function createDocumensoApi(options: DocumensoApiOptions): DocumensoApi {
  const { random, signAfterMs } = options;
  const state = createDocumensoState(random, options.bounds);
  const apiToken = `api_${characters(random, 16, alphabets.lower)}`;
  const v2 = createRouter({ ...envelopeRoutes(state), ...partRoutes(state), ...legacyRoutes(state) });
  const v1 = createRouter(v1Routes(state, options));
  const limit = { limit: options.callsPerMinute, windowMs: 60_000 };
  const windows = { v1: createClockWindows(limit), v2: createClockWindows(limit) };
  let quotaLeft = options.organisationQuota;

  function answer(request: ServedRequest): ServedAnswer {
    const stored = storageKey(request.path);
    if (stored !== null) return serveStorage(stored, request);
    const [, version, path = ''] = /^\/api\/(v[12])(\/.*)$/.exec(request.path) ?? [];
    if (version !== 'v1' && version !== 'v2') return documensoError('v2', 404, 'Not found');
    const count = windows[version].take(request.address, request.nowMs);
    const headers = limitHeaders(count);
    if (!count.allowed) {
      const seconds = Math.max(1, Math.ceil((count.resetAtMs - request.nowMs) / 1000));
      return jsonAnswer(429, { error: 'Too many requests' }, { ...headers, 'retry-after': String(seconds) });
    }
    try {
      return withHeaders(handle(version, path, request), headers);
    } catch (error) {
      if (error instanceof AnswerNow) return withHeaders(error.answer, headers);
      throw error;
    }
  }

  function handle(version: 'v1' | 'v2', path: string, request: ServedRequest): ServedAnswer {
    const shape = shapeOf(version, path);
    const given = request.headers.get('authorization') ?? '';
    if (given.replace(/^Bearer /i, '') !== apiToken) return refuse(shape, 401, 'The API token is not valid');
    if (quotaLeft !== null && (quotaLeft -= 1) < 0)
      return refuse(shape, 429, 'The quota of the organisation is used up');
    const found = (version === 'v1' ? v1 : v2)(request.method, path);
    if (found.kind === 'found') return found.handle(request);
    return found.kind === 'method' ? refuse(shape, 405, 'Not this method') : refuse(shape, 404, 'Not found');
  }

  function serveStorage(key: string, request: ServedRequest): ServedAnswer {
    const stored = state.all().find(({ items }) => items.some(({ documentDataId }) => documentDataId === key));
    const item = stored?.items.find(({ documentDataId }) => documentDataId === key);
    if (stored === undefined || item === undefined) return jsonAnswer(404, { error: 'There is no such file' });
    if (request.method === 'GET') return fileAnswer('application/pdf', `${item.title}.pdf`, currentBytes(stored, item));
    if (request.method !== 'PUT') return jsonAnswer(405, { error: 'Not this method' });
    const items = stored.items.map((each) => (each === item ? { ...each, original: request.body } : each));
    state.put({ ...stored, items });
    return { status: 200, headers: {}, body: Buffer.alloc(0) };
  }

  function act({ subject, who, does, fields }: Parameters<SimulatedApi['act']>[0], nowMs: number): void {
    const stored = state.find(subject);
    if (stored === undefined) throw new ScenarioProblem('', `no envelope "${subject}" is known`, 'take the id of one');
    const recipient = stored.envelope.recipients.find(({ id, email, name }) => [String(id), email, name].includes(who));
    if (recipient === undefined && who !== 'sender') {
      throw new ScenarioProblem(
        '',
        `"${who}" is no recipient of it`,
        'name one by e-mail address, id or name, or say sender',
      );
    }
    state.step(stored, recipient?.key ?? who, does, nowMs, fields);
  }

  /** Everybody whose turn it is, and when it was. */
  const waiting = (): { stored: StoredEnvelope; key: string; dueMs: number }[] =>
    signAfterMs === null
      ? []
      : state
          .all()
          .flatMap((stored) =>
            stored.envelope.status !== 'PENDING'
              ? []
              : stored.envelope.recipients
                  .filter(
                    (each) =>
                      each.signingStatus === 'NOT_SIGNED' &&
                      each.sendStatus === 'SENT' &&
                      each.expirationNotifiedAtMs === null,
                  )
                  .map(({ key }) => ({ stored, key, dueMs: stored.envelope.updatedAtMs + signAfterMs })),
          );

  return {
    apiToken,
    setOrganisationQuota(calls) {
      quotaLeft = calls;
    },
    answer,
    failure(status, request, retryAfterSeconds) {
      const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
      if (status === 429) return jsonAnswer(429, { error: 'Too many requests' }, headers);
      const [, version = 'v2', path = ''] = /^\/api\/(v[12])(\/.*)$/.exec(request.path) ?? [];
      return withHeaders(documensoError(shapeOf(version, path), status, 'A simulated fault'), headers);
    },
    act,
    signingPage(token) {
      const stored = state.findByToken(token);
      const recipient = stored?.envelope.recipients.find((each) => each.token === token);
      if (stored === undefined || recipient === undefined) return null;
      const { envelopeId: subject, title, status } = stored.envelope;
      const isOpen =
        status === 'PENDING' && recipient.signingStatus === 'NOT_SIGNED' && recipient.sendStatus === 'SENT';
      return { action: { subject, who: String(recipient.id), does: 'sign' }, title, who: recipient.name, isOpen };
    },
    subjects: () =>
      state.all().map(({ envelope }) => ({
        id: envelope.envelopeId,
        title: envelope.title,
        status: envelope.status,
        people: envelope.recipients.map(({ email }) => email),
      })),
    dueAtMs: () => waiting().reduce<number | null>((least, { dueMs }) => Math.min(least ?? dueMs, dueMs), null),
    advance(nowMs) {
      for (const { stored, key, dueMs } of waiting()) {
        if (dueMs > nowMs) continue;
        const current = state.find(stored.envelope.envelopeId) ?? stored;
        state.step(state.step(current, key, 'open', nowMs), key, 'sign', nowMs);
      }
    },
    takeEffects: state.takeEffects,
  };
}

function shapeOf(version: string, path: string): DocumensoErrorShape {
  if (version === 'v1') return 'v1';
  return path.endsWith('/download') ? 'download' : 'v2';
}

function storageKey(path: string): string | null {
  return /^\/storage\/(\w+)$/.exec(path)?.[1] ?? null;
}

function limitHeaders({ limit, remaining, resetAtMs }: CallCount): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(resetAtMs / 1000)),
  };
}
