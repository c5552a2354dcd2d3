import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Member } from './member.ts';
import type { Role } from '../context.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = {
  id: string;
  name: string;
  email: string;
  role: Role;
  invited_by: string;
  created_at: Date;
  updated_at: Date;
  removed_at: Date | null;
};

/** What can be changed of a member. `emailKey` is what the e-mail is compared by. */
export type MemberFields = { name: string; email: string; emailKey: string; role: Role };

const columns = 'id, name, email, role, invited_by, created_at, updated_at, removed_at';

function toMember(row: Row): Member {
  return {
    id: idFromUuid(idPrefixes.member, row.id),
    name: row.name,
    email: row.email,
    role: row.role,
    status: row.removed_at === null ? 'active' : 'removed',
    invitedBy: row.invited_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    removedAt: row.removed_at?.toISOString() ?? null,
  };
}

export async function insertMember(
  database: Queryable,
  { teamId, id, invitedBy, fields }: { teamId: string; id: string; invitedBy: string; fields: MemberFields },
): Promise<Member> {
  const { rows } = await database.query<Row>(
    `INSERT INTO member (team_id, id, name, email, email_key, role, invited_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
       RETURNING ${columns}`,
    [uuidFromId(teamId), uuidFromId(id), fields.name, fields.email, fields.emailKey, fields.role, invitedBy],
  );
  return toMember(rows[0] as Row);
}

/** Removed members are found too. */
export async function findMember(database: Queryable, teamId: string, memberId: string): Promise<Member | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM member WHERE team_id = $1 AND id = $2`, [
    uuidFromId(teamId),
    uuidFromId(memberId),
  ]);
  return rows[0] === undefined ? null : toMember(rows[0]);
}

/** Newest first, removed ones too unless only active ones are wanted. */
export async function listMemberRows(
  database: Queryable,
  input: { teamId: string; limit: number; after: string | null; status: Member['status'] | null },
): Promise<Member[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM member WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3)
       AND ($4::text IS NULL OR (removed_at IS NULL) = ($4 = 'active')) ORDER BY id DESC LIMIT $2`,
    [uuidFromId(input.teamId), input.limit, input.after === null ? null : uuidFromId(input.after), input.status],
  );
  return rows.map(toMember);
}

/** Of the active members: how many there are, and how many are owners besides `exceptId`. */
export async function countMembers(
  database: Queryable,
  teamId: string,
  exceptId: string | null,
): Promise<{ members: number; otherOwners: number }> {
  const { rows } = await database.query<{ members: number; otherOwners: number }>(
    `SELECT count(*)::integer AS members,
        count(*) FILTER (WHERE role = 'owner' AND id IS DISTINCT FROM $2)::integer AS "otherOwners"
      FROM member WHERE team_id = $1 AND removed_at IS NULL`,
    [uuidFromId(teamId), exceptId === null ? null : uuidFromId(exceptId)],
  );
  return rows[0] ?? { members: 0, otherOwners: 0 };
}

/** Whether an active member other than `exceptId` has the e-mail. */
export async function isEmailTaken(
  database: Queryable,
  teamId: string,
  emailKey: string,
  exceptId: string | null,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `SELECT FROM member WHERE team_id = $1 AND email_key = $2 AND removed_at IS NULL AND id IS DISTINCT FROM $3`,
    [uuidFromId(teamId), emailKey, exceptId === null ? null : uuidFromId(exceptId)],
  );
  return rowCount !== 0;
}

export async function replaceMember(
  database: Queryable,
  teamId: string,
  memberId: string,
  fields: MemberFields,
): Promise<Member> {
  const { rows } = await database.query<Row>(
    `UPDATE member SET name = $3, email = $4, email_key = $5, role = $6, updated_at = now()
       WHERE team_id = $1 AND id = $2 RETURNING ${columns}`,
    [uuidFromId(teamId), uuidFromId(memberId), fields.name, fields.email, fields.emailKey, fields.role],
  );
  return toMember(rows[0] as Row);
}

export async function markMemberRemoved(database: Queryable, teamId: string, memberId: string): Promise<void> {
  await database.query('UPDATE member SET removed_at = now(), updated_at = now() WHERE team_id = $1 AND id = $2', [
    uuidFromId(teamId),
    uuidFromId(memberId),
  ]);
}
