import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { IdSource } from './ids/id-source.ts';
import type { Sealer } from './sealing/sealer.ts';

/** What a member may do at most. */
export type Role = 'owner' | 'admin' | 'developer' | 'auditor' | 'viewer';

/** Who acts: the operator, or an api key of one team. */
export type Actor =
  | { kind: 'operator' }
  | {
      kind: 'api-key';
      teamId: string;
      apiKeyId: string;
      /** Of a member's key, no more than the role grants. */
      permissions: ReadonlySet<string>;
      /** Whose key it is, and their role; both null for a machine's. */
      memberId: string | null;
      role: Role | null;
    };

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
