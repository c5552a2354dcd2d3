import type pg from 'pg';
import { float8Array, int8Array, uuidArray } from '../database/binary-arrays.ts';

export type Sighting = { teamId: string; eventId: string; count: number; lastAtMs: number };

/** Adds to the counts of events. The same write, by its uuid, counts once however often it is made in a row. */
export async function addSightings(database: pg.Pool, write: string, sightings: readonly Sighting[]): Promise<void> {
  await database.query('SELECT count_seen_again($1, $2, $3, $4, $5)', [
    write,
    uuidArray(sightings, (row) => row.teamId),
    uuidArray(sightings, (row) => row.eventId),
    int8Array(sightings, (row) => row.count),
    float8Array(sightings, (row) => row.lastAtMs),
  ]);
}
