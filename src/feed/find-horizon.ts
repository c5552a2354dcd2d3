import type pg from 'pg';
import { readHorizon } from './feed.store.ts';

/** The id below which no event can appear any more. Ask in a statement of its own, before reading events. */
export async function findHorizon(database: Pick<pg.Pool, 'query'>): Promise<string> {
  return await readHorizon(database);
}
