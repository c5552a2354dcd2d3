import { idFromUuid, idPrefixes, uuidFromId } from '../../../ids/id.rules.ts';
import type { CheckDefinition } from '../../check-definition.ts';
import type { CollectorContext, Subject } from '../../finding.ts';
import { loadCatalogue } from '../../load-catalogue.ts';
import { gatherLaunches, type Launch, type TeamLaunches } from './launch-facts.ts';

/** A check as it stood at the newest snapshot of a review; those of the launch itself are left out. */
export type StoodCheck = {
  checkId: string;
  subjectId: string;
  state: string;
  severity: CheckDefinition['severity'];
  section: string;
  /** Of what it stands on: evidence, an attestation or a waiver; null: nothing. Unix milliseconds. */
  expiresAtMs: number | null;
  /** Whoever sees to it, and until when. */
  isAssigned: boolean;
};

/** A review with how it stood when it was last measured. */
export type StandingLaunch = Launch & {
  /** Null: it was never measured. */
  stand: {
    confirmedAtMs: number;
    evidenceHash: string;
    checks: readonly StoodCheck[];
    waivers: number;
    openQuestions: readonly string[];
  } | null;
  signOffs: readonly { duty: string; memberId: string; evidenceHash: string; signedAtMs: number; isNamed: boolean }[];
};

export type StandingLaunches = Pick<TeamLaunches, 'members'> & { launches: readonly StandingLaunch[] };

type Decided = { checkId: string; subject: { id: string }; state: string; basis: string | null };
type Row = {
  id: string;
  answers: Record<string, unknown>;
  confirmedAtMs: number | null;
  evidenceHash: string | null;
  checks: Decided[] | null;
  evidenceIds: Record<string, string> | null;
  bases: Record<string, number> | null;
  assigned: string[] | null;
  signed: StandingLaunch['signOffs'] | null;
};

const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::double precision`;
const evidenceMost = 10_000;
const read = new WeakMap<CollectorContext, Map<string, Promise<StandingLaunches>>>();

/**
 * Reviews as their newest snapshot says: a review's own view holds these very checks, so it cannot be asked. The upkeep of
 * reviews takes snapshots several times an hour.
 */
export function gatherStands(context: CollectorContext, subject: Subject): Promise<StandingLaunches> {
  const teamId = subject.teamId ?? '';
  const known = read.get(context) ?? new Map<string, Promise<StandingLaunches>>();
  read.set(context, known);
  const found = known.get(teamId) ?? readStands(context, subject);
  known.set(teamId, found);
  return found;
}

async function readStands(context: CollectorContext, subject: Subject): Promise<StandingLaunches> {
  const { launches, members } = await gatherLaunches(context, subject);
  const rows = await context.query<Row>(
    `SELECT r.id, r.answers, ${ms('n.confirmed_at')} AS "confirmedAtMs", n.evidence_hash AS "evidenceHash",
        n.evidence_set -> 'checks' AS checks,
        n.evidence_ids AS "evidenceIds",
        (SELECT json_object_agg(b.id, b.at) FROM (
          SELECT id, ${ms('expires_at')} AS at FROM attestation a WHERE a.team_id = r.team_id AND a.withdrawn_at IS NULL
          UNION ALL SELECT id, ${ms('expires_at')} FROM waiver w WHERE w.team_id = r.team_id AND w.review_id = r.id) b) AS bases,
        (SELECT json_agg(check_id || ' ' || subject_id) FROM review_assignment g WHERE g.team_id = r.team_id
          AND g.review_id = r.id AND owner_id IS NOT NULL AND due_at IS NOT NULL) AS assigned,
        (SELECT json_agg(json_build_object('duty', duty, 'memberId', member_id, 'evidenceHash', evidence_hash,
            'signedAtMs', ${ms('signed_at')}, 'isNamed', EXISTS (SELECT FROM team_signer t WHERE t.team_id = s.team_id
              AND t.duty = s.duty AND t.member_id = s.member_id)))
          FROM sign_off s WHERE s.team_id = r.team_id AND s.review_id = r.id AND s.withdrawn_at IS NULL) AS signed
      FROM review r LEFT JOIN LATERAL (SELECT * FROM review_snapshot x WHERE x.team_id = r.team_id AND x.review_id = r.id
        ORDER BY x.id DESC LIMIT 1) n ON true
      WHERE r.team_id = $1 AND r.id = ANY ($2::uuid[])`,
    [uuidFromId(subject.teamId ?? ''), launches.map(({ reviewId }) => uuidFromId(reviewId))],
  );
  const evidence = await context.query<{ id: string; at: number }>(
    `SELECT id, ${ms('expires_at')} AS at FROM evidence
      WHERE team_id IN ($1, '00000000-0000-0000-0000-000000000000') AND id = ANY ($2::uuid[])`,
    [
      uuidFromId(subject.teamId ?? ''),
      rows.flatMap(({ evidenceIds }) => Object.values(evidenceIds ?? {}).map(uuidFromId)).slice(0, evidenceMost),
    ],
  );
  const expiries = new Map(evidence.map(({ id, at }) => [id, at]));
  const byId = new Map(rows.map((row) => [idFromUuid(idPrefixes.review, row.id), row]));
  const standing = launches.map((launch): StandingLaunch => {
    const row = byId.get(launch.reviewId);
    return { ...launch, stand: row === undefined ? null : standOf(row, expiries), signOffs: signaturesOf(row) };
  });
  return { launches: standing, members };
}

function signaturesOf(row: Row | undefined): StandingLaunch['signOffs'] {
  return (row?.signed ?? []).map((each) => ({ ...each, memberId: idFromUuid(idPrefixes.member, each.memberId) }));
}

function standOf(
  { answers, confirmedAtMs, evidenceHash, checks, evidenceIds, bases, assigned }: Row,
  expiries: ReadonlyMap<string, number>,
): StandingLaunch['stand'] {
  if (confirmedAtMs === null || evidenceHash === null) return null;
  const catalogue = loadCatalogue();
  const stood = (checks ?? []).flatMap(({ checkId, subject, state, basis }): StoodCheck[] => {
    const definition = catalogue.checks.get(checkId);
    if (definition?.section === 'launch') return [];
    const key = `${checkId} ${subject.id}`;
    const { severity, section } = definition ?? { severity: 'major' as const, section: 'team' };
    const evidenceId = evidenceIds?.[key];
    const ofEvidence = evidenceId === undefined ? undefined : expiries.get(uuidFromId(evidenceId));
    const ofBasis = basis === null ? undefined : bases?.[uuidFromId(basis)];
    const expiresAtMs = ofBasis ?? ofEvidence ?? null;
    const isAssigned = assigned?.includes(key) === true;
    return [{ checkId, subjectId: subject.id, state, severity, section, expiresAtMs, isAssigned }];
  });
  const openQuestions = catalogue.scope.questions.map(({ id }) => id).filter((id) => !(id in answers));
  const waivers = stood.filter(({ state }) => state === 'waived').length;
  return { confirmedAtMs, evidenceHash, checks: stood, waivers, openQuestions };
}
