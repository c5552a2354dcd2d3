import type { Context } from '../context.ts';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { findApiProfile } from '../providers/api-registry.ts';
import { requireTeam } from '../teams/require-team.ts';
import { readBounded } from './bounded-query.ts';
import { readViolations, type ViolationRow } from './call-history.store.ts';
import { windowOf } from './call-window.rules.ts';
import { type PollingPattern, remedyOf } from './polling-remedy.rules.ts';

type CallOfPair = { id: string; at: string; operation: string; path: string };

export type PollingViolation = {
  connectionId: string;
  provider: string;
  environment: string;
  subject: string | null;
  resource: string | null;
  pattern: PollingPattern;
  minutesBetween: number;
  /** Operation and path are null when the call is past retention. */
  first: Omit<CallOfPair, 'operation' | 'path'> & { operation: string | null; path: string | null };
  second: CallOfPair;
  /** What to do instead. */
  remedy: string;
};

/** Calls with a word of the polling rule that one page may look at. */
const scanMax = 20_000;

/**
 * Calls that the provider may count as polling, each with the one that it repeats; newest first, of the last 24 hours
 * unless it is said. What the guard served or refused did not reach the provider and is not among them.
 * @throws Problem not_found, overloaded
 */
export async function listPollingViolations(
  ctx: Pick<Context, 'database' | 'clock'>,
  input: {
    teamId: string;
    connectionId: string | null;
    sinceMs?: number | undefined;
    untilMs?: number | undefined;
    limit: number;
    after: string | null;
  },
): Promise<{ violations: PollingViolation[]; next: string | null }> {
  await requireTeam(ctx.database, input.teamId);
  const { teamId, connectionId, limit, after } = input;
  const window = windowOf(ctx.clock.now(), input.sinceMs, input.untilMs);
  const bound = after === null ? window.before : uuidFromId(after);
  const { rows, scannedTo } = await readBounded(ctx.database, input.teamId, (database) =>
    readViolations(database, {
      teamId,
      connectionId,
      from: window.from,
      before: bound < window.before ? bound : window.before,
      limit: limit + 1,
      scanMax,
    }),
  );
  const violations = rows.slice(0, limit).map(toViolation);
  return { violations, next: rows.length > limit ? (violations.at(-1)?.second.id ?? null) : scannedTo };
}

function toViolation(row: ViolationRow): PollingViolation {
  const [first, second] = [row.repeats_id, row.id].map((id) => idFromUuid(idPrefixes.call, id)) as [string, string];
  const at = (id: string): string => new Date(timeOfId(id)).toISOString();
  return {
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    provider: row.provider,
    environment: row.environment,
    subject: row.subject,
    resource: row.resource,
    pattern: row.repeats_pattern,
    minutesBetween: Math.round(row.repeats_ago_ms / 6_000) / 10,
    first: { id: first, at: at(first), operation: row.first_operation, path: row.first_path },
    second: { id: second, at: at(second), operation: row.operation, path: row.path },
    remedy: remedyOf(row.repeats_pattern, findApiProfile(row.provider)),
  };
}
