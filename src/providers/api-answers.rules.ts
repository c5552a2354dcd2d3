import type { Budget } from './api-profile.ts';

/**
 * A budget of the operator's own, which every call of every profile uses up: nothing is published for it, so it has no
 * limit until a connection's policy gives `calls` one.
 */
export const ownBudget = 'calls';

const codeShape = /^[A-Za-z0-9_.:-]{1,100}$/;

/** The parsed beginning of an answer; undefined when it is no JSON, or was cut. */
export function jsonHead(head: Buffer): unknown {
  try {
    return JSON.parse(head.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A provider's error code; null for anything that does not look like one, since prose may quote data. */
export function codeText(value: unknown): string | null {
  return typeof value === 'string' && codeShape.test(value) ? value : null;
}

/** What is at a path of own keys; undefined where there is nothing. */
export function valueAt(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

/** A header with a whole number of calls; null when it is missing or anything else. */
export function wholeHeader(headers: ReadonlyMap<string, string>, name: string): number | null {
  const text = headers.get(name)?.trim() ?? '';
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/**
 * When a budget begins anew, from Unix seconds in a header. A time that no window of this budget can end at is not
 * believed: the next window begins within `windowMs`, give or take a minute between two clocks.
 */
export function resetHeader(
  headers: ReadonlyMap<string, string>,
  name: string,
  { windowMs }: Pick<Budget, 'windowMs'>,
  nowMs: number,
): number | null {
  const seconds = wholeHeader(headers, name);
  if (seconds === null) return null;
  const atMs = seconds * 1_000;
  return atMs >= nowMs - 60_000 && atMs <= nowMs + windowMs + 60_000 ? atMs : null;
}
