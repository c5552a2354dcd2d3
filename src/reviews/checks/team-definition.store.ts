import type pg from 'pg';
import { uuidFromId } from '../../ids/id.rules.ts';
import type { Stored, TeamCheck, TeamChecklist } from './team-check.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row<Definition> = {
  id: string;
  definition: Omit<Definition, 'id'>;
  version: number;
  created_at: Date;
  updated_at: Date;
};

const columns = 'id, definition, version, created_at, updated_at';

/** Where definitions of one kind are. */
export type DefinitionStore<Definition> = {
  /** By id. */
  list(database: Queryable, teamId: string): Promise<Stored<Definition>[]>;
  insert(database: Queryable, teamId: string, definition: Definition): Promise<Stored<Definition>>;
  /** Of one that is there. */
  replace(database: Queryable, teamId: string, definition: Definition): Promise<Stored<Definition>>;
  remove(database: Queryable, teamId: string, id: string): Promise<void>;
};

/** Checks or checklists of teams: the two tables are alike. */
function definitionsIn<Definition extends { id: string }>(
  table: 'team_check' | 'team_checklist',
): DefinitionStore<Definition> {
  const toStored = ({ id, definition, version, created_at, updated_at }: Row<Definition>): Stored<Definition> =>
    ({
      id,
      ...definition,
      version,
      createdAt: created_at.toISOString(),
      updatedAt: updated_at.toISOString(),
    }) as unknown as Stored<Definition>;
  const json = ({ id: _id, ...definition }: Definition): string => JSON.stringify(definition);

  return {
    async list(database: Queryable, teamId: string): Promise<Stored<Definition>[]> {
      const { rows } = await database.query<Row<Definition>>(
        `SELECT ${columns} FROM ${table} WHERE team_id = $1 ORDER BY id`,
        [uuidFromId(teamId)],
      );
      return rows.map(toStored);
    },
    async insert(database: Queryable, teamId: string, definition: Definition): Promise<Stored<Definition>> {
      const { rows } = await database.query<Row<Definition>>(
        `INSERT INTO ${table} (team_id, id, definition) VALUES ($1, $2, $3) RETURNING ${columns}`,
        [uuidFromId(teamId), definition.id, json(definition)],
      );
      return toStored(rows[0] as Row<Definition>);
    },
    async replace(database: Queryable, teamId: string, definition: Definition): Promise<Stored<Definition>> {
      const { rows } = await database.query<Row<Definition>>(
        `UPDATE ${table} SET definition = $3, version = version + 1, updated_at = now() WHERE team_id = $1 AND id = $2
          RETURNING ${columns}`,
        [uuidFromId(teamId), definition.id, json(definition)],
      );
      return toStored(rows[0] as Row<Definition>);
    },
    async remove(database: Queryable, teamId: string, id: string): Promise<void> {
      await database.query(`DELETE FROM ${table} WHERE team_id = $1 AND id = $2`, [uuidFromId(teamId), id]);
    },
  };
}

export const teamChecks = definitionsIn<TeamCheck>('team_check');
export const teamChecklists = definitionsIn<TeamChecklist>('team_checklist');
