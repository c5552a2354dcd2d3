import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { Clock } from '../clock.ts';
import { Problem, type ProblemPointer } from '../problem.ts';
import { type EventAcceptor, idempotencyConflict } from './event-acceptor.ts';
import { type AcceptedEvent, type EventDraft, idempotencySeconds } from './event-draft.ts';
import { sliceElements } from './json-slice.rules.ts';
import { isJsonType } from './media-type.rules.ts';
import { chooseKey, type EventRequest, readEventRequest, readKey, standardBody } from './read-event.rules.ts';

/** What the intake needs to know of a team. */
export type TeamTypes = { eventTypes: ReadonlyMap<string, EventTypeRules> };
type EventTypeRules = { validate: ((payload: unknown) => ProblemPointer[] | null) | null };

export type BatchAnswer = AcceptedEvent | { problem: Problem };

/** Use cases of posting events: read, validate, accept. */
export type EventIntake = {
  /** One JSON event. `headerKey`: the Idempotency-Key header. */
  postJson(teamId: string, raw: Buffer, headerKey: string | null): Promise<AcceptedEvent>;
  /** `{"events": [...]}`: one transaction, an answer each; refused as a whole when one event is not valid. */
  postBatch(teamId: string, raw: Buffer): Promise<BatchAnswer[]>;
  /** Any content type, kept and sent byte for byte. */
  postRaw(teamId: string, input: RawEvent): Promise<AcceptedEvent>;
};

type RawEvent = {
  type: string;
  contentType: string;
  raw: Buffer;
  idempotencyKey: string | null;
  orderingKey: string | null;
};

export const batchMaxEvents = 1_000;
/** A name that is not known is looked up anew at most this often. */
const refreshEveryMs = 1_000;

export function createEventIntake(options: {
  acceptor: EventAcceptor;
  clock: Clock;
  team: (teamId: string) => TeamTypes | null | Promise<TeamTypes | null>;
  refresh: (teamId: string) => Promise<TeamTypes | null>;
}): EventIntake {
  const refreshedAtMs = new Map<string, number>();

  const findType = async (teamId: string, name: string, team: TeamTypes) => {
    const known = team.eventTypes.get(name);
    if (known !== undefined) return known;
    refuseReserved(name);
    const nowMs = options.clock.now();
    if (nowMs - (refreshedAtMs.get(teamId) ?? 0) >= refreshEveryMs) {
      refreshedAtMs.set(teamId, nowMs);
      const found = (await options.refresh(teamId))?.eventTypes.get(name);
      if (found !== undefined) return found;
    }
    throw new Problem(
      'unknown_event_type',
      `"${name.slice(0, 100)}" is not a registered event type; register it with POST /v1/teams/${teamId}/event-types.`,
    );
  };

  const getTeam = async (teamId: string): Promise<TeamTypes> => {
    const found = options.team(teamId);
    const team = found instanceof Promise ? await found : found;
    if (team === null) throw new Problem('not_found', 'There is no such team.');
    return team;
  };

  const checkType = async (teamId: string, team: TeamTypes, name: string, payload: unknown, pointer: string) => {
    checkPayload(name, team.eventTypes.get(name) ?? (await findType(teamId, name, team)), payload, pointer);
  };

  const checkPayload = (name: string, type: EventTypeRules, payload: unknown, pointer: string): void => {
    refuseReserved(name);
    const errors = payload === undefined ? null : (type.validate?.(payload) ?? null);
    if (errors !== null) {
      throw new Problem('payload_schema_mismatch', `The payload does not match the schema of ${name}.`, {
        errors: errors.map((error) => ({ pointer: `${pointer}${error.pointer}`, message: error.message })),
      });
    }
  };

  const draftJson = (teamId: string, request: EventRequest, headerKey: string | null): EventDraft => {
    const idempotencyKey = chooseKey(headerKey, request.idempotencyKey);
    const occurredAtMs = request.occurredAtMs;
    return {
      teamId,
      type: request.type,
      contentType: 'application/json',
      body: standardBody(request.type, occurredAtMs ?? options.clock.now(), request.payloadText),
      blob: null,
      payload: request.payload,
      origin: null,
      idempotencyKey,
      keySeconds: idempotencySeconds,
      requestHash:
        idempotencyKey === null
          ? null
          : hashOf(request.type, request.orderingKey, String(occurredAtMs), request.payloadText),
      orderingKey: request.orderingKey,
      occurredAtMs,
      onlyEndpointId: null,
    };
  };

  const postLookingUp = async (teamId: string, request: EventRequest, headerKey: string | null) => {
    await checkType(teamId, await getTeam(teamId), request.type, request.payload, '/payload');
    return options.acceptor.accept(draftJson(teamId, request, headerKey));
  };

  return {
    postJson(teamId, raw, headerKey) {
      try {
        const { value, text } = parseJson(raw);
        const request = readEventRequest(value, text, '');
        const team = options.team(teamId);
        const type = team === null || team instanceof Promise ? undefined : team.eventTypes.get(request.type);
        // What is known is posted without another turn of the event loop.
        if (type === undefined) return postLookingUp(teamId, request, headerKey);
        checkPayload(request.type, type, request.payload, '/payload');
        return options.acceptor.accept(draftJson(teamId, request, headerKey));
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error('a request could not be read'));
      }
    },

    async postBatch(teamId, raw) {
      const team = await getTeam(teamId);
      const { value, text } = parseJson(raw);
      const events = (value as { events?: unknown } | null)?.events;
      if (!Array.isArray(events) || events.length === 0 || events.length > batchMaxEvents) {
        throw new Problem('invalid_request', `A batch is {"events": [...]} with 1 to ${batchMaxEvents} events.`, {
          errors: [{ pointer: '/events', message: `must be an array of 1 to ${batchMaxEvents} events` }],
        });
      }
      const texts = sliceElements(text, 'events');
      const drafts: EventDraft[] = [];
      const refused: { pointer: string; problem: Problem }[] = [];
      for (const [index, event] of events.entries()) {
        const pointer = `/events/${index}`;
        try {
          const request = readEventRequest(event, texts[index] as string, pointer);
          await checkType(teamId, team, request.type, request.payload, `${pointer}/payload`);
          drafts.push(draftJson(teamId, request, null));
        } catch (error) {
          if (!(error instanceof Problem) || error.status >= 500) throw error;
          refused.push({ pointer, problem: error });
        }
      }
      const problem = problemOfBatch(refused, events.length);
      if (problem !== null) throw problem;
      const answers = await options.acceptor.acceptAll(drafts);
      return answers.map((answer) => (answer.conflict ? { problem: idempotencyConflict(answer.id) } : answer));
    },

    async postRaw(teamId, input) {
      const team = await getTeam(teamId);
      const errors: ProblemPointer[] = [];
      const idempotencyKey = readKey(input.idempotencyKey, '/idempotency-key', errors);
      const orderingKey = readKey(input.orderingKey, '/orderingKey', errors);
      if (errors.length > 0) throw new Problem('invalid_request', 'The event is not valid.', { errors });
      const payload = isJsonType(input.contentType) ? parseJson(input.raw).value : undefined;
      await checkType(teamId, team, input.type, payload, '');
      return options.acceptor.accept({
        teamId,
        type: input.type,
        contentType: input.contentType,
        body: input.raw,
        blob: null,
        payload,
        origin: null,
        idempotencyKey,
        keySeconds: idempotencySeconds,
        requestHash: idempotencyKey === null ? null : hashOf(input.type, orderingKey, input.contentType, input.raw),
        orderingKey,
        occurredAtMs: null,
        onlyEndpointId: null,
      });
    },
  };
}

function refuseReserved(name: string): void {
  if (name.startsWith('posthorn.')) {
    throw new Problem('forbidden', 'Event types that start with "posthorn." are made by Posthorn alone.');
  }
}

/** Whatever is wrong with a batch, with every place, so that it is mended at once. Its code is that of the first. */
function problemOfBatch(refused: readonly { pointer: string; problem: Problem }[], total: number): Problem | null {
  const [first] = refused;
  if (first === undefined || refused.length === 1) return first?.problem ?? null;
  const { code, message } = first.problem;
  return new Problem(code, `${refused.length} of ${total} events are not valid. The first: ${message}`, {
    errors: refused.flatMap(({ pointer, problem }) => problem.errors ?? [{ pointer, message: problem.message }]),
  });
}

function parseJson(raw: Buffer): { value: unknown; text: string } {
  if (!isUtf8(raw)) throw new Problem('invalid_json', 'The body is not UTF-8.');
  const text = raw.toString('utf8');
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    throw new Problem('invalid_json', `The body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function hashOf(...parts: (string | Buffer | null)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = part === null ? null : Buffer.from(part as string);
    hash.update(`${bytes === null ? -1 : bytes.length}:`);
    if (bytes !== null) hash.update(bytes);
  }
  return hash.digest();
}
