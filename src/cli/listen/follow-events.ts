import { setTimeout as delay } from 'node:timers/promises';
import { ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import type { ListenedEvent } from './listened-line.rules.ts';
import { ConnectionLost, type OpenStream, remedyFor } from './open-stream.ts';
import { reconnectDelayMs } from './reconnection.rules.ts';

export type ConnectionState =
  | { state: 'connected'; again: boolean }
  /** `first`: since it was connected, so that it need not be said at every try. */
  | { state: 'lost'; why: string; retryInMs: number; first: boolean };

/** Ids of events that were given, so that none is given twice. */
const rememberedIds = 50_000;
/** A node that stops, or whose database is away, says so and ends the stream. */
const passingCodes = new Set(['shutting_down', 'database_unavailable', 'overloaded', 'internal', 'rate_limited']);

/**
 * The events of the stream, each once, over as many connections as it takes, until the signal aborts. Who takes them
 * slowly slows the stream down.
 * @throws CliFailure when connecting again would not help, or when the first connection cannot be made
 */
export async function* followEvents(options: {
  open: OpenStream;
  signal: AbortSignal;
  onState: (state: ConnectionState) => void;
  random?: () => number;
}): AsyncGenerator<ListenedEvent> {
  const { open, signal, onState, random = Math.random } = options;
  const seen = new Set<string>();
  let cursor: string | null = null;
  let failures = 0;

  while (!signal.aborted) {
    try {
      const lines = await open(cursor, signal);
      for await (const line of lines) {
        if (signal.aborted) return;
        if (line.kind === 'position') {
          if (cursor === null || failures > 0) onState({ state: 'connected', again: cursor !== null });
          failures = 0;
          cursor = line.cursor;
        } else if (line.kind === 'end') throw ended(line);
        else if (line.kind === 'event' && !seen.has(line.id)) {
          remember(seen, line.id);
          yield line;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!passes(error, cursor !== null)) throw error;
      failures += 1;
      const retryInMs = reconnectDelayMs(failures, random());
      onState({ state: 'lost', why: (error as CliFailure).what, retryInMs, first: failures === 1 });
      await delay(retryInMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  const oldest = seen.size > rememberedIds ? seen.values().next().value : undefined;
  if (oldest !== undefined) seen.delete(oldest);
}

function ended({ code, detail }: { code: string; detail: string }): CliFailure {
  const what = detail.replace(/[.\s]+$/, '');
  return passingCodes.has(code)
    ? new ConnectionLost(what, 'it is opened again')
    : new CliFailure(what, remedyFor(code));
}

/** Whether it may be over soon. Before the first connection, that nothing is there is worth knowing at once. */
function passes(error: unknown, wasConnected: boolean): boolean {
  if (error instanceof ConnectionLost) return wasConnected;
  if (!(error instanceof ApiProblem)) return false;
  // Without a code it is not Posthorn that answers, but something before it while Posthorn starts.
  return error.status === 429 || error.status >= 500 || (wasConnected && error.code === '');
}
