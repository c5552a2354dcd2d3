import type { EventDraft } from '../events/event-draft.ts';

/** What the spool keeps of a verified request beside its body. */
type Head = Omit<EventDraft, 'body' | 'payload'>;

export function writeSpoolHead(draft: EventDraft): string {
  const { body: _body, payload: _payload, requestHash: _hash, ...head } = draft;
  return JSON.stringify(head);
}

const nothing = { blob: null, orderingKey: null, occurredAtMs: null, onlyEndpointId: null } as const;

/** @returns null when the head is none that this release can read. */
export function readSpoolHead(text: string): Head | null {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof head !== 'object' || head === null) return null;
  const { teamId, type, contentType, origin, idempotencyKey, keySeconds } = head as Partial<Head>;
  const hasTexts = [teamId, type, contentType, idempotencyKey].every((value) => typeof value === 'string');
  const isWhole = hasTexts && typeof keySeconds === 'number' && typeof origin === 'object' && origin !== null;
  return isWhole ? { ...nothing, ...(head as Head), requestHash: null } : null;
}
