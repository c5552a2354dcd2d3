import { setTimeout as delay } from 'node:timers/promises';
import { ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import type { CallAnswer } from './call-answers.ts';

/** The API as following needs it: calls since a time, all of them, and one. */
export type CallReader = {
  since(time: string): Promise<CallAnswer[]>;
  one(id: string): Promise<CallAnswer>;
};

/** Calls appear within moments of their begin; those that last longer are asked for one by one. */
const overlapMs = 30_000;
/** Where they are chosen by their end, they are not seen before it: as long as a call may last by default. */
const longOverlapMs = 360_000;
const askedAtOnce = 50;

/**
 * Calls as they end, each once, until the signal aborts. Those in `known` were shown before, but for the running ones.
 * @throws what asking again does not mend
 */
export async function* followCalls(options: {
  reader: CallReader;
  known: readonly CallAnswer[];
  /** They are chosen by what is known at their end alone. */
  byEnd: boolean;
  everyMs: number;
  signal: AbortSignal;
  /** In words; null when it is over. */
  onTrouble: (why: string | null) => void;
}): AsyncGenerator<CallAnswer> {
  const { reader, signal, byEnd } = options;
  const shown = new Map<string, number>();
  const running = new Map<string, number>();
  const newest = options.known.map(({ startedAt }) => Date.parse(startedAt));
  let watermarkMs = newest.length === 0 ? Date.now() - overlapMs : Math.max(...newest);
  const note = (call: CallAnswer): boolean => {
    const atMs = Date.parse(call.startedAt);
    watermarkMs = Math.max(watermarkMs, atMs);
    if (shown.has(call.id)) return false;
    if (call.outcome === 'running' && !byEnd) {
      running.set(call.id, atMs);
      return false;
    }
    running.delete(call.id);
    shown.set(call.id, atMs);
    return true;
  };
  for (const call of options.known) note(call);
  let troubled = false;

  while (!signal.aborted) {
    const sinceMs = watermarkMs - (byEnd ? longOverlapMs : overlapMs);
    try {
      const found = await reader.since(new Date(sinceMs).toISOString());
      const long = [...running].filter(([, atMs]) => atMs < sinceMs).slice(0, askedAtOnce);
      for (const [id] of long) found.push(await reader.one(id));
      if (troubled) options.onTrouble(null);
      troubled = false;
      yield* found.toSorted((a, b) => (a.id < b.id ? -1 : 1)).filter(note);
      for (const [id, atMs] of shown) if (atMs < sinceMs - longOverlapMs && !running.has(id)) shown.delete(id);
    } catch (error) {
      if (!passes(error)) throw error;
      if (!troubled) options.onTrouble((error as CliFailure).what);
      troubled = true;
    }
    await delay(options.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

function passes(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status === 429 || error.status >= 500;
  return error instanceof CliFailure;
}
