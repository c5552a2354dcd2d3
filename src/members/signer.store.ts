import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Duty } from './duties.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Ids of members by duty, oldest first; a duty that nobody is named for is missing. */
export async function listSignerRows(database: Queryable, teamId: string): Promise<Map<Duty, string[]>> {
  const { rows } = await database.query<{ duty: Duty; members: string[] }>(
    'SELECT duty, array_agg(member_id ORDER BY member_id) AS members FROM team_signer WHERE team_id = $1 GROUP BY duty',
    [uuidFromId(teamId)],
  );
  return new Map(
    rows.map(({ duty, members }) => [duty, members.map((member) => idFromUuid(idPrefixes.member, member))]),
  );
}

/** Replaces who signs for a duty. */
export async function replaceSigners(
  database: Queryable,
  teamId: string,
  duty: Duty,
  memberIds: readonly string[],
): Promise<void> {
  await database.query('DELETE FROM team_signer WHERE team_id = $1 AND duty = $2', [uuidFromId(teamId), duty]);
  await database.query('INSERT INTO team_signer (team_id, duty, member_id) SELECT $1, $2, unnest($3::uuid[])', [
    uuidFromId(teamId),
    duty,
    memberIds.map(uuidFromId),
  ]);
}

/** A member signs for nothing any more. */
export async function deleteSigner(database: Queryable, teamId: string, memberId: string): Promise<void> {
  await database.query('DELETE FROM team_signer WHERE team_id = $1 AND member_id = $2', [
    uuidFromId(teamId),
    uuidFromId(memberId),
  ]);
}
