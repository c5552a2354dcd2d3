import { Problem, type ProblemPointer } from '../problem.ts';
import { sliceProperty } from './json-slice.rules.ts';

export type EventRequest = {
  type: string;
  /** The payload as it was written. */
  payloadText: string;
  payload: unknown;
  idempotencyKey: string | null;
  orderingKey: string | null;
  occurredAtMs: number | null;
};

const knownProperties = new Set(['type', 'payload', 'idempotencyKey', 'orderingKey', 'occurredAt']);
const keyMaxLength = 256;

/**
 * Reads `{type, payload, idempotencyKey?, orderingKey?, occurredAt?}`.
 * @param pointer where the object stands in the request, for the problem's pointers.
 * @throws Problem invalid_request with every mistake at once.
 */
export function readEventRequest(value: unknown, text: string, pointer: string): EventRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('invalid_request', 'An event is a JSON object with "type" and "payload".', {
      errors: [{ pointer, message: 'must be an object' }],
    });
  }
  const input = value as Record<string, unknown>;
  const errors: ProblemPointer[] = [];
  for (const name in input) {
    if (!knownProperties.has(name))
      errors.push({ pointer: `${pointer}/${name}`, message: 'is not a property of an event' });
  }
  if (typeof input.type !== 'string' || input.type === '') {
    errors.push({ pointer: `${pointer}/type`, message: 'must be the name of an event type' });
  }
  const payloadText = 'payload' in input ? sliceProperty(text, 'payload') : null;
  if (payloadText === null) errors.push({ pointer: `${pointer}/payload`, message: 'is missing' });
  const occurredAtMs = readTime(input.occurredAt, `${pointer}/occurredAt`, errors);
  const idempotencyKey = readKey(input.idempotencyKey, `${pointer}/idempotencyKey`, errors);
  const orderingKey = readKey(input.orderingKey, `${pointer}/orderingKey`, errors);
  if (errors.length > 0) throw new Problem('invalid_request', 'The event is not valid.', { errors });
  return {
    type: input.type as string,
    payloadText: payloadText as string,
    payload: input.payload,
    idempotencyKey,
    orderingKey,
    occurredAtMs,
  };
}

/** A key of 1 to 256 characters without control characters; null when absent. */
export function readKey(value: unknown, pointer: string, errors: ProblemPointer[]): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== '' && value.length <= keyMaxLength && isStorable(value)) return value;
  errors.push({ pointer, message: `must be a string of 1 to ${keyMaxLength} characters without control characters` });
  return null;
}

/**
 * The key of a request that may name it in the header Idempotency-Key, in its body, or the same in both.
 * @throws Problem invalid_request
 */
export function chooseKey(headerKey: string | null, bodyKey: string | null): string | null {
  if (headerKey === null) return bodyKey;
  const errors: ProblemPointer[] = [];
  const key = readKey(headerKey, '/idempotency-key', errors);
  if (errors.length === 0 && bodyKey !== null && bodyKey !== key) {
    errors.push({ pointer: '/idempotencyKey', message: 'is another key than the header Idempotency-Key: send one' });
  }
  if (errors.length > 0) throw new Problem('invalid_request', 'The event is not valid.', { errors });
  return key;
}

/** Half a surrogate pair would come back from the database as another key than it went in. */
function isStorable(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  return text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text);
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;

function readTime(value: unknown, pointer: string, errors: ProblemPointer[]): number | null {
  if (value === undefined || value === null) return null;
  const atMs = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) {
    errors.push({ pointer, message: 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z' });
    return null;
  }
  return atMs;
}

/** The body that receivers get for a JSON event: type, timestamp and data, as Standard Webhooks advises. */
export function standardBody(type: string, timestampMs: number, payloadText: string): Buffer {
  return Buffer.from(
    `{"type":${JSON.stringify(type)},"timestamp":"${new Date(timestampMs).toISOString()}","data":${payloadText}}`,
  );
}
