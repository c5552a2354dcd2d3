import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

/** What the archive tells a team, as an operational event. `data` fits the schema of its type, with ids as text. */
export type ArchiveNews = {
  teamId: string;
  type: 'posthorn.archive.late' | 'posthorn.archive.missing' | 'posthorn.archive.damaged';
  data: Record<string, unknown>;
};

/** In the transaction of the change it tells of. */
export async function putNews(database: Pick<pg.Pool, 'query'>, news: readonly ArchiveNews[]): Promise<void> {
  if (news.length === 0) return;
  await database.query(
    `INSERT INTO operational_outbox (team_id, type, data)
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])`,
    [
      news.map(({ teamId }) => uuidFromId(teamId)),
      news.map(({ type }) => type),
      news.map(({ data }) => JSON.stringify(data)),
    ],
  );
}
