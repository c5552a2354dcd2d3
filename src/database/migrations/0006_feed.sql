-- The feed hands out events in the order of their ids, and ids are made before their transaction commits. An event that
-- becomes visible behind a consumer's position would be skipped for ever, so only ids below this horizon are handed
-- out: below it, nothing can appear any more.
--
-- Why: an accept transaction locks its node's row (ROW SHARE on the table node) before it compares the time of its ids
-- with the clock, and allows a second of difference. Seen from here at the moment m, each accept transaction
--   - ended before m: its events are visible to any statement that starts after this one, or
--   - holds the lock: its comparison came after its xact_start, so its ids are younger than xact_start - 1 s, or
--   - does not hold it yet: its comparison comes after m, so its ids are younger than m - 1 s.
-- PostgreSQL makes a commit visible before it lets go of its locks, so there is no gap between the first and second.
-- A second on top covers rounding. pg_dump and reports lock node otherwise or not at all, and hold up nothing.
--
-- Call it in a statement of its own, before the one that reads events, outside REPEATABLE READ: the reading snapshot
-- must be the younger one. A role that may not see the other nodes' sessions gets an empty feed, never a wrong one.
CREATE FUNCTION feed_horizon() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT uuid_floor(least(now(), min(
      CASE WHEN a.query = '<insufficient privilege>' THEN to_timestamp(2) ELSE a.xact_start END)) - interval '2 seconds')
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.relation = 'node'::regclass AND l.mode = 'RowShareLock'
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
