import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { IdSource } from './ids/id-source.ts';
import type { Sealer } from './sealing/sealer.ts';

/** Who acts: the operator, or an api key of one team. */
export type Actor =
  | { kind: 'operator' }
  | { kind: 'api-key'; teamId: string; apiKeyId: string; permissions: ReadonlySet<string> };

/** What every use case is handed first. Made in main.ts; the last three are the request's own. */
export type Context = {
  database: pg.Pool;
  clock: Clock;
  ids: IdSource;
  sealer: Sealer;
  environment: 'development' | 'production';
  actor: Actor;
  requestId: string;
  /** Where it came from; null when that is not known. */
  address: string | null;
};
