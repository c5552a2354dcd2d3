import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { SubjectKind } from './check-definition.ts';
import type { Evidence, Finding, Subject } from './finding.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Whose evidence about the gateway is. */
const nil = '00000000-0000-0000-0000-000000000000';

type Row = {
  id: string;
  check_id: string;
  subject_kind: SubjectKind;
  subject_id: string;
  finding: Finding;
  measured_ms: number;
  expires_ms: number;
  collector_version: number;
  release: string;
  environment: 'development' | 'production';
  configuration_digest: string;
  hash: string;
};

const columns = `e.id, e.check_id, e.subject_kind, e.subject_id, e.finding, e.collector_version, e.release, e.environment,
  e.configuration_digest, e.hash, (extract(epoch FROM e.measured_at) * 1000)::double precision AS measured_ms,
  (extract(epoch FROM e.expires_at) * 1000)::double precision AS expires_ms`;

const teamOf = ({ teamId }: Pick<Subject, 'teamId'>): string => (teamId === null ? nil : uuidFromId(teamId));

function toEvidence(teamId: string | null, row: Row): Evidence {
  return {
    id: idFromUuid(idPrefixes.evidence, row.id),
    checkId: row.check_id,
    subject: { kind: row.subject_kind, id: row.subject_id, teamId },
    finding: row.finding,
    measuredAtMs: Math.round(row.measured_ms),
    expiresAtMs: Math.round(row.expires_ms),
    collectorVersion: row.collector_version,
    release: row.release,
    environment: row.environment,
    configurationDigest: row.configuration_digest,
    hash: row.hash,
  };
}

/** Only ever added: evidence is not changed. */
export async function insertEvidence(database: Queryable, evidence: Evidence): Promise<void> {
  const { subject, finding } = evidence;
  await database.query(
    `INSERT INTO evidence (team_id, id, check_id, subject_kind, subject_id, finding, measured_at, expires_at,
       collector_version, release, environment, configuration_digest, hash)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000), to_timestamp($8::double precision / 1000),
       $9, $10, $11, $12, $13)`,
    [
      teamOf(subject),
      uuidFromId(evidence.id),
      evidence.checkId,
      subject.kind,
      subject.id,
      JSON.stringify(finding),
      evidence.measuredAtMs,
      evidence.expiresAtMs,
      evidence.collectorVersion,
      evidence.release,
      evidence.environment,
      evidence.configurationDigest,
      evidence.hash,
    ],
  );
}

/** The newest evidence of each check and subject that has some; each is one look-up by index. */
export async function readNewestEvidence(
  database: Queryable,
  pairs: readonly { checkId: string; subject: Subject }[],
): Promise<Evidence[]> {
  const { rows } = await database.query<Row & { team: string | null }>(
    `SELECT p.team, ${columns} FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) p(team_id, check_id, subject, team)
       CROSS JOIN LATERAL (SELECT * FROM evidence v WHERE v.team_id = p.team_id AND v.check_id = p.check_id
         AND v.subject_id = p.subject ORDER BY v.id DESC LIMIT 1) e`,
    [
      pairs.map(({ subject }) => teamOf(subject)),
      pairs.map(({ checkId }) => checkId),
      pairs.map(({ subject }) => subject.id),
      pairs.map(({ subject }) => subject.teamId),
    ],
  );
  return rows.map((row) => toEvidence(row.team, row));
}

/** The history of a check, newest first. @param after the id of the last one that was given. */
export async function listEvidenceRows(
  database: Queryable,
  page: {
    teamId: string | null;
    checkId: string;
    subjectId: string | null;
    limit: number;
    after: string | null;
  },
): Promise<Evidence[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM evidence e WHERE e.team_id = $1 AND e.check_id = $2
       AND ($3::text IS NULL OR e.subject_id = $3) AND ($4::uuid IS NULL OR e.id < $4) ORDER BY e.id DESC LIMIT $5`,
    [teamOf(page), page.checkId, page.subjectId, page.after === null ? null : uuidFromId(page.after), page.limit],
  );
  return rows.map((row) => toEvidence(page.teamId, row));
}
