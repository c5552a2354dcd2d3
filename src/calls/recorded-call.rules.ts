import type { CallEnd, CallStart } from './call-ledger.ts';

/** A call in the ledger's memory: begun under an epoch, and how it ended once that is known. */
export type BegunCall = { start: CallStart; epoch: number };
export type EndedCall = BegunCall & { end: CallEnd };

/** What an object, its strings' heads and its place in the ledger's maps take, roughly. */
const baseBytes = 512;
const tryBytes = 96;

/** The memory that a call takes from its begin to its end, in bytes: an estimate, on the safe side. */
export function weighStart(start: CallStart): number {
  const texts = [start.operation, start.template, start.subject, start.resource, start.path];
  return texts.reduce((sum, text) => sum + (text === null ? 0 : text.length * 2), baseBytes);
}

/** The memory that the end takes until it is written, in bytes. */
export function weighEnd(end: CallEnd): number {
  const headers = Object.entries(end.rateHeaders).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return baseBytes + end.tries.length * tryBytes + headers * 2 + weighBodies(end);
}

/** Bytes of the bodies alone. */
export function weighBodies(end: CallEnd): number {
  return (end.requestBody?.length ?? 0) + (end.responseBody?.length ?? 0);
}

/** Text as PostgreSQL can store it, whoever wrote it: U+0000 is the one character that it cannot. */
export function storableText<Text extends string | null>(text: Text): Text {
  return (text !== null && text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text) as Text;
}

/** A count that fits a column, whatever it is. */
export function storableWhole(count: number, most: number = Number.MAX_SAFE_INTEGER): number {
  return Number.isFinite(count) ? Math.min(Math.max(0, Math.trunc(count)), most) : 0;
}

/** The end with only what is certain to be storable: for one that the database refuses as it is. */
export function withoutExtras(end: CallEnd): CallEnd {
  return {
    ...end,
    errorCode: null,
    tries: [],
    repeats: null,
    rateHeaders: {},
    requestBody: null,
    responseBody: null,
  };
}
