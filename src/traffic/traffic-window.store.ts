import type pg from 'pg';

/** What came in five minutes: events accepted, attempts of deliveries made, calls to providers ended. */
export type Traffic = { accepted: number; attempted: number; called: number };

const keptDays = 30;

/**
 * Counts into the windows what came in them, and forgets those of more than 30 days ago: nobody looks further back. In the
 * order of their starts, so that nodes that write at once do not deadlock.
 */
export async function addToTrafficWindows(
  database: Pick<pg.Pool, 'query'>,
  windows: ReadonlyMap<number, Traffic>,
): Promise<void> {
  const ordered = [...windows].toSorted(([one], [other]) => one - other);
  await database.query(
    `WITH old AS (DELETE FROM traffic_window WHERE starts_at < now() - make_interval(days => $5))
     INSERT INTO traffic_window AS w (starts_at, accepted, attempted, called)
       SELECT to_timestamp(u.start_ms / 1000), u.accepted, u.attempted, u.called
         FROM unnest($1::double precision[], $2::bigint[], $3::bigint[], $4::bigint[])
           AS u(start_ms, accepted, attempted, called)
       ON CONFLICT (starts_at) DO UPDATE SET accepted = w.accepted + excluded.accepted,
         attempted = w.attempted + excluded.attempted, called = w.called + excluded.called`,
    [
      ordered.map(([startMs]) => startMs),
      ordered.map(([, { accepted }]) => accepted),
      ordered.map(([, { attempted }]) => attempted),
      ordered.map(([, { called }]) => called),
      keptDays,
    ],
  );
}
