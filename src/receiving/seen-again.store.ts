import type pg from 'pg';
import { type Column, float8Column, int8Column, uuidColumn } from '../database/binary-arrays.ts';

export type Sighting = { teamId: string; eventId: string; count: number; lastAtMs: number };

/** Adds to the counts of events. The same write, by its uuid, counts once however often it is made in a row. */
export async function addSightings(database: pg.Pool, write: string, sightings: readonly Sighting[]): Promise<void> {
  await database.query('SELECT count_seen_again($1, $2, $3, $4, $5)', [
    write,
    ...columns.map((column) => column(sightings)),
  ]);
}

const columns: readonly Column<Sighting>[] = [
  uuidColumn((row) => row.teamId),
  uuidColumn((row) => row.eventId),
  int8Column((row) => row.count),
  float8Column((row) => row.lastAtMs),
];
