import { idFromUuid, idPrefixes, uuidFromId } from '../../../ids/id.rules.ts';
import type { LaunchPlan } from '../../../promotion/launch-plan.ts';
import type { CollectorContext, Subject } from '../../finding.ts';

/** A review on its way to production, or there, as far as launches are judged. Times are Unix milliseconds. */
export type Launch = {
  reviewId: string;
  name: string;
  status: string;
  /** Newest first; empty: there is no plan. */
  plans: readonly { version: number; plan: LaunchPlan; setAtMs: number }[];
  /** Promotions that are live, oldest first. */
  live: readonly {
    connectionId: string;
    switchedAtMs: number;
    passed: boolean;
    overriddenBy: string | null;
  }[];
  watch: { startedAtMs: number; nextAtMs: number; lookedAtMs: number | null; lookFailed: boolean | null } | null;
  firstSignedAtMs: number | null;
};

export type TeamLaunches = {
  launches: readonly Launch[];
  /** Ids of members who are active. */
  members: readonly string[];
};

type Row = {
  id: string;
  name: string;
  status: string;
  plans: Launch['plans'] | null;
  live: { connection: string; switchedAtMs: number; passed: boolean; overriddenBy: string | null }[] | null;
  watch: Launch['watch'];
  signed: number | null;
};

const reviewsMost = 50;
const plansMost = 20;
const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::double precision`;
/** What is the same for many checks is read once for all that are measured together. */
const read = new WeakMap<CollectorContext, Map<string, Promise<TeamLaunches>>>();

/** Reviews of a team that are not closed, the newest, with their plans, promotions and watches. */
export function gatherLaunches(context: CollectorContext, subject: Subject): Promise<TeamLaunches> {
  const teamId = subject.teamId ?? '';
  const known = read.get(context) ?? new Map<string, Promise<TeamLaunches>>();
  read.set(context, known);
  const found = known.get(teamId) ?? readLaunches(context, teamId);
  known.set(teamId, found);
  return found;
}

async function readLaunches(context: CollectorContext, teamId: string): Promise<TeamLaunches> {
  const team = uuidFromId(teamId);
  const rows = await context.query<Row>(
    `SELECT r.id, r.name, r.status,
        (SELECT json_agg(json_build_object('version', version, 'plan', plan, 'setAtMs', ${ms('set_at')})
            ORDER BY version DESC) FROM (SELECT * FROM launch_plan l WHERE l.team_id = r.team_id AND l.review_id = r.id
              ORDER BY version DESC LIMIT ${plansMost}) l) AS plans,
        (SELECT json_agg(json_build_object('connection', connection_id, 'switchedAtMs', ${ms('switched_at')},
            'passed', verdict -> 'passed', 'overriddenBy', override ->> 'by') ORDER BY id)
          FROM promotion p WHERE p.team_id = r.team_id AND p.review_id = r.id AND p.state = 'live') AS live,
        (SELECT json_build_object('startedAtMs', ${ms('started_at')}, 'nextAtMs', ${ms('next_at')},
            'lookedAtMs', ${ms('k.looked_at')}, 'lookFailed', k.failed)
          FROM watch w LEFT JOIN LATERAL (SELECT looked_at, failed FROM watch_look k WHERE k.team_id = w.team_id
            AND k.review_id = w.review_id ORDER BY id DESC LIMIT 1) k ON true
          WHERE w.team_id = r.team_id AND w.review_id = r.id AND w.ended_at IS NULL) AS watch,
        (SELECT ${ms('min(signed_at)')} FROM sign_off s WHERE s.team_id = r.team_id AND s.review_id = r.id) AS signed
      FROM review r WHERE r.team_id = $1 AND r.status <> 'closed' ORDER BY r.id DESC LIMIT ${reviewsMost}`,
    [team],
  );
  const members = await context.query<{ id: string }>(
    'SELECT id FROM member WHERE team_id = $1 AND removed_at IS NULL LIMIT 500',
    [team],
  );
  return {
    launches: rows.map(({ id, name, status, plans, live, watch, signed }) => ({
      reviewId: idFromUuid(idPrefixes.review, id),
      name,
      status,
      plans: plans ?? [],
      live: (live ?? []).map(({ connection, ...each }) => ({
        ...each,
        connectionId: idFromUuid(idPrefixes.connection, connection),
      })),
      watch,
      firstSignedAtMs: signed,
    })),
    members: members.map(({ id }) => idFromUuid(idPrefixes.member, id)),
  };
}
