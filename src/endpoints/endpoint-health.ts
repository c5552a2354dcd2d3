import type pg from 'pg';
import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { createIdSource } from '../ids/id-source.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import type { OperationalEventName } from '../operations/operational-event-types.ts';
import { tellTeam } from '../operations/tell-team.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { auditedEndpoint } from './endpoint-facts.ts';

/** How often the last success of a healthy endpoint is written, and the last failure of one that fails. */
const writtenEveryMs = 30_000;
/** An endpoint that failed shorter than this has not "recovered" when it answers again. */
const recoveredAfterMs = 60_000;

type Health = { failingSinceMs: number | null; successWrittenMs: number; failureWrittenMs: number; busy: boolean };

/**
 * Watches what the attempts say of an endpoint: since when it has done nothing but fail, when it answered last. It
 * disables one that has failed for longer than its owner allows, or that answered 410; what it was to receive is
 * held. The database holds the truth for all nodes; this node writes only when something changes.
 */
export type EndpointHealth = {
  attempted(endpoint: EndpointConfig, succeeded: boolean): void;
  gone(endpoint: EndpointConfig): void;
  breakerOpened(endpoint: EndpointConfig): void;
};

export function createEndpointHealth(options: {
  database: pg.Pool;
  now: () => number;
  onDisabled: (endpoint: EndpointConfig) => void;
  /** Operational events were written. */
  onTold: () => void;
  onError: (error: unknown) => void;
}): EndpointHealth {
  const health = new Map<string, Health>();
  const { database } = options;
  const clock = { now: options.now };
  const byPosthorn = {
    clock,
    ids: createIdSource(clock),
    actor: { kind: 'posthorn' as const, id: null, memberId: null },
    requestId: null,
    address: null,
  };

  const stateOf = (endpoint: EndpointConfig): Health => {
    let state = health.get(endpoint.id);
    if (state === undefined) {
      state = { failingSinceMs: null, successWrittenMs: 0, failureWrittenMs: 0, busy: false };
      health.set(endpoint.id, state);
    }
    return state;
  };

  // One write at a time for an endpoint; what is missed meanwhile is caught by the next attempt.
  const write = (state: Health, run: () => Promise<void>): void => {
    if (state.busy) return;
    state.busy = true;
    run()
      .catch(options.onError)
      .finally(() => {
        state.busy = false;
      });
  };

  const keysOf = (endpoint: EndpointConfig) => [uuidFromId(endpoint.teamId), uuidFromId(endpoint.id)];

  const tell = async (endpoint: EndpointConfig, type: OperationalEventName, data: object): Promise<void> => {
    const { teamId, url } = endpoint;
    await tellTeam(database, { teamId, type, data: { endpointUuid: uuidFromId(endpoint.id), url, ...data } });
    options.onTold();
  };

  const disable = async (endpoint: EndpointConfig, reason: string, onlyIfFailing: boolean): Promise<void> => {
    const [team, id] = keysOf(endpoint);
    const disabled = await inTransaction(database, async (client) => {
      const { rows } = await client.query<{ status: string; statusReason: string | null }>(
        `WITH was AS (SELECT * FROM endpoint WHERE team_id = $1 AND id = $2 FOR UPDATE),
         changed AS (
           UPDATE endpoint e SET status = 'disabled', status_reason = $3, updated_at = now() FROM was
             WHERE e.team_id = was.team_id AND e.id = was.id AND e.status <> 'disabled' AND e.deleted_at IS NULL
               AND (NOT $4 OR EXISTS (SELECT FROM endpoint_health h WHERE h.team_id = $1 AND h.endpoint_id = $2
                 AND h.failing_since <= now() - make_interval(secs => e.disable_after_seconds)))
             RETURNING e.team_id, e.id, e.url, was.status, was.status_reason),
         told AS (
           INSERT INTO operational_outbox (team_id, type, data)
             SELECT team_id, 'posthorn.endpoint.disabled',
                 jsonb_build_object('endpointUuid', id, 'url', url, 'reason', $3::text)
               FROM changed)
         SELECT status, status_reason AS "statusReason" FROM changed`,
        [team, id, reason, onlyIfFailing],
      );
      const [before] = rows;
      if (before === undefined) return false;
      await recordChange(byPosthorn, client, {
        teamId: endpoint.teamId,
        action: 'endpoint.disabled',
        target: { kind: 'endpoint', id: endpoint.id },
        fields: auditedEndpoint,
        before,
        after: { status: 'disabled', statusReason: reason },
      });
      return true;
    });
    if (disabled) {
      options.onTold();
      options.onDisabled(endpoint);
    }
  };

  const failed = async (endpoint: EndpointConfig, state: Health): Promise<void> => {
    const nowMs = options.now();
    const isTooLong = (): boolean =>
      state.failingSinceMs !== null && nowMs - state.failingSinceMs >= endpoint.disableAfterSeconds * 1000;
    // What this node remembers may be over: its owner made the endpoint active again, or another node saw it answer.
    if (state.failingSinceMs === null || isTooLong() || nowMs - state.failureWrittenMs >= writtenEveryMs) {
      const [team, id] = keysOf(endpoint);
      const { rows } = await database.query<{ since_ms: number }>(
        `INSERT INTO endpoint_health AS h (team_id, endpoint_id, failing_since, last_failure_at) VALUES ($1, $2, now(), now())
         ON CONFLICT (team_id, endpoint_id) DO UPDATE
           SET failing_since = coalesce(h.failing_since, excluded.failing_since), last_failure_at = now()
         RETURNING (extract(epoch FROM failing_since) * 1000)::double precision AS since_ms`,
        [team, id],
      );
      state.failingSinceMs = rows[0]?.since_ms ?? null;
      state.successWrittenMs = 0;
      state.failureWrittenMs = nowMs;
    }
    if (isTooLong()) {
      await disable(endpoint, `nothing but failures for ${endpoint.disableAfterSeconds} seconds`, true);
    }
  };

  const succeeded = async (endpoint: EndpointConfig, state: Health): Promise<void> => {
    const [team, id] = keysOf(endpoint);
    state.successWrittenMs = options.now();
    const { rows } = await database.query<{ failed_ms: number | null }>(
      `WITH before AS (SELECT failing_since FROM endpoint_health WHERE team_id = $1 AND endpoint_id = $2),
       written AS (
         INSERT INTO endpoint_health (team_id, endpoint_id, last_success_at) VALUES ($1, $2, now())
         ON CONFLICT (team_id, endpoint_id) DO UPDATE SET failing_since = NULL, last_success_at = now())
       SELECT (extract(epoch FROM now() - failing_since) * 1000)::double precision AS failed_ms FROM before`,
      [team, id],
    );
    state.failingSinceMs = null;
    const failedMs = rows[0]?.failed_ms ?? 0;
    if (failedMs >= recoveredAfterMs) {
      await tell(endpoint, 'posthorn.endpoint.recovered', { failedSeconds: Math.round(failedMs / 1000) });
    }
  };

  return {
    attempted(endpoint, ok) {
      const state = stateOf(endpoint);
      if (!ok) write(state, () => failed(endpoint, state));
      else if (state.failingSinceMs !== null || options.now() - state.successWrittenMs >= writtenEveryMs) {
        write(state, () => succeeded(endpoint, state));
      }
    },
    gone(endpoint) {
      disable(endpoint, 'the endpoint answered 410 Gone', false).catch(options.onError);
    },
    breakerOpened(endpoint) {
      tell(endpoint, 'posthorn.endpoint.breaker_opened', {}).catch(options.onError);
    },
  };
}
