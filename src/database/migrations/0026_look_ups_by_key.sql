-- These functions look up rows by key, a batch at a time. A connection keeps the plan of each from its first calls on,
-- when a table or the partition of a day may be empty, and then the cheapest plan reads all of it; until it is analysed,
-- which takes a minute and more, every batch would read everything that was added since. As claim_deliveries already.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['settle_fresh_successes', 'settle_deliveries', 'accept_events', 'check_accept',
      'release_deliveries', 'requeue_deliveries', 'cancel_deliveries'] LOOP
    EXECUTE format('ALTER FUNCTION %I SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
      SET enable_mergejoin = off', name);
  END LOOP;
END $$;
