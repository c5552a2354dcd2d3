import { randomUUID } from 'node:crypto';
import { type DedupeStore, defaultClaimMs, defaultTtlMs, requirePositive } from './dedupe-store.ts';

export type PostgresStoreOptions = {
  /** Runs one statement outside any transaction, as `pool.query` of `pg` does. */
  query: (text: string, values: unknown[]) => Promise<{ rows: readonly object[] }>;
  /** Whose memory it is: receivers of one table need names of their own. `default` unless given. */
  consumer?: string;
  /** `posthorn_received` unless given; a schema may stand before it, with a dot. Made when it is not there. */
  table?: string;
  /** How long an id is remembered; a week unless given. */
  ttlMs?: number;
  /** After so long a claim that was neither finished nor released is given up; five minutes unless given. */
  claimMs?: number;
};

export type PostgresStore = DedupeStore & {
  /** Removes up to a thousand expired rows and tells how many; the store does so by itself, now and then. */
  prune(): Promise<number>;
};

/** So often the store removes what expired, which is more than it adds between two times. */
const donesPerPrune = 500;
const pruneMax = 1_000;

/**
 * Remembers in one table of a PostgreSQL, for all processes that share it and over restarts. Time is the database's.
 * A claim carries a mark of its own, so that a process whose claim was given up cannot release the next one's.
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  const { consumer = 'default', ttlMs = defaultTtlMs, claimMs = defaultClaimMs } = options;
  requirePositive({ ttlMs, claimMs });
  const { table, index } = quoted(options.table ?? 'posthorn_received');
  const claims = new Map<string, string>();
  let dones = 0;

  const query = async (text: string, values: unknown[]): Promise<readonly object[]> => {
    try {
      return (await options.query(text, values)).rows;
    } catch (error) {
      if (codeOf(error) !== undefinedTable) throw error;
      await createTable();
      return (await options.query(text, values)).rows;
    }
  };

  /** One statement, under a lock: two that create a table at once fail in ways of many codes. */
  const createTable = async (): Promise<void> => {
    await options.query(
      `DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('posthorn receiver'));
        CREATE TABLE IF NOT EXISTS ${table} (
          consumer text NOT NULL,
          id text NOT NULL,
          claim uuid,
          expires_at timestamptz NOT NULL,
          PRIMARY KEY (consumer, id)
        );
        CREATE INDEX IF NOT EXISTS ${index} ON ${table} (expires_at);
      END $$`,
      [],
    );
  };

  const prune = async (): Promise<number> => {
    const removed = await query(
      `DELETE FROM ${table} WHERE (consumer, id) IN (SELECT consumer, id FROM ${table} WHERE expires_at < now()
        ORDER BY expires_at LIMIT ${pruneMax} FOR UPDATE SKIP LOCKED) RETURNING id`,
      [],
    );
    return removed.length;
  };

  return {
    async claim(id) {
      const claim = randomUUID();
      const taken = await query(
        `INSERT INTO ${table} AS known (consumer, id, claim, expires_at)
          VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
          ON CONFLICT (consumer, id) DO UPDATE SET claim = excluded.claim, expires_at = excluded.expires_at
            WHERE known.expires_at < now()
          RETURNING id`,
        [consumer, id, claim, claimMs],
      );
      if (taken.length > 0) {
        claims.set(id, claim);
        return 'new';
      }
      const [row] = await query(`SELECT claim FROM ${table} WHERE consumer = $1 AND id = $2`, [consumer, id]);
      return row !== undefined && (row as { claim: string | null }).claim === null ? 'done' : 'busy';
    },
    async done(id) {
      claims.delete(id);
      await query(
        `INSERT INTO ${table} (consumer, id, claim, expires_at)
          VALUES ($1, $2, NULL, now() + $3 * interval '1 millisecond')
          ON CONFLICT (consumer, id) DO UPDATE SET claim = NULL, expires_at = excluded.expires_at`,
        [consumer, id, ttlMs],
      );
      dones += 1;
      // It is done whether or not the table could be tidied; the next time will.
      if (dones % donesPerPrune === 0) await prune().catch(() => undefined);
    },
    async release(id) {
      const claim = claims.get(id);
      claims.delete(id);
      if (claim === undefined) return;
      await query(`DELETE FROM ${table} WHERE consumer = $1 AND id = $2 AND claim = $3`, [consumer, id, claim]);
    },
    prune,
  };
}

const undefinedTable = '42P01';

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/** @throws TypeError when it is no plain name */
function quoted(name: string): { table: string; index: string } {
  const parts = name.split('.');
  if (parts.length > 2 || !parts.every((part) => /^[A-Za-z_][A-Za-z0-9_]{0,50}$/.test(part))) {
    throw new TypeError('table must be a plain name, with at most one schema before it.');
  }
  return { table: parts.map((part) => `"${part}"`).join('.'), index: `"${parts.at(-1)}_expires_at"` };
}
