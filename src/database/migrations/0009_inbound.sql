-- Events that came in through a source: where from, what proves it, and bodies too large for a row.

-- coverage: what the verified request proves. 1 the body is signed, 2 the sender knows the secret, 3 some fields are
-- signed; NULL for events of the API. blob_key: the body is in the blob store and `body` is empty.
ALTER TABLE event
  ADD COLUMN source_id uuid,
  ADD COLUMN external_id text,
  ADD COLUMN coverage smallint CHECK (coverage BETWEEN 1 AND 3),
  ADD COLUMN credential text,
  ADD COLUMN blob_key text COLLATE "C",
  ADD COLUMN body_bytes integer;
CREATE INDEX event_of_source ON event (team_id, source_id, id) WHERE source_id IS NOT NULL;
-- For retention: which of a team's large bodies of a day are still needed.
CREATE INDEX event_of_blob ON event (team_id, blob_key) WHERE blob_key IS NOT NULL;

-- sources: events of these sources alone; NULL takes them from everywhere. Bodies over inline_max_bytes are replaced by
-- a reference that expires.
ALTER TABLE endpoint
  ADD COLUMN source_ids uuid[],
  ADD COLUMN inline_max_bytes integer NOT NULL DEFAULT 33554432 CHECK (inline_max_bytes >= 0),
  ADD COLUMN reference_seconds integer NOT NULL DEFAULT 86400 CHECK (reference_seconds > 0);

-- Duplicates of an event that arrived later, counted: history, like the event itself. last_write: what added to it last,
-- so that a write whose outcome was unknown can be made again.
CREATE TABLE seen_again (
  team_id uuid NOT NULL,
  event_id uuid NOT NULL,
  count bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_write uuid NOT NULL,
  PRIMARY KEY (team_id, event_id)
) PARTITION BY RANGE (event_id);

CREATE OR REPLACE FUNCTION make_day_partitions(days_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  day date;
  parent text;
  child text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7640387254310914);
  FOR day IN SELECT generate_series((now() AT TIME ZONE 'UTC')::date - 1,
                                    (now() AT TIME ZONE 'UTC')::date + days_ahead, interval '1 day')::date LOOP
    FOREACH parent IN ARRAY ARRAY['event', 'delivery', 'attempt', 'seen_again'] LOOP
      child := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(child) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
        child, parent,
        uuid_floor(day::timestamp AT TIME ZONE 'UTC'),
        uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC'),
        CASE parent WHEN 'delivery' THEN 60 WHEN 'seen_again' THEN 60 ELSE 100 END);
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

-- A node that was not restarted since makes no partition of the new table for days that exist already.
DO $$
DECLARE
  day text;
BEGIN
  FOR day IN SELECT substring(c.relname FROM '_(\d{8})$') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass LOOP
    CONTINUE WHEN to_regclass('seen_again_' || day) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I PARTITION OF seen_again FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 60)',
      'seen_again_' || day, uuid_floor(day::date::timestamp AT TIME ZONE 'UTC'),
      uuid_floor((day::date + 1)::timestamp AT TIME ZONE 'UTC'));
  END LOOP;
END $$;

-- Of events that are past retention nothing is counted: their keys may be remembered for longer.
CREATE FUNCTION count_seen_again(write uuid, s_teams uuid[], s_events uuid[], s_counts bigint[],
  s_last_ms double precision[])
RETURNS void LANGUAGE sql
-- Every event is a look-up by key in the partition of its day, however many there are.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  INSERT INTO seen_again AS s (team_id, event_id, count, last_at, last_write)
    SELECT t, e, n, to_timestamp(m / 1000), write FROM unnest(s_teams, s_events, s_counts, s_last_ms) u(t, e, n, m)
      WHERE EXISTS (SELECT FROM event v WHERE v.team_id = t AND v.id = e) ORDER BY t, e
    ON CONFLICT (team_id, event_id) DO UPDATE
      SET count = s.count + excluded.count, last_at = greatest(s.last_at, excluded.last_at),
          last_write = excluded.last_write
      WHERE s.last_write <> excluded.last_write
$$;

-- Keys have a scope: the source whose dedupe key it is, or nil for the idempotency keys of the API. They end when they
-- say, since a source's window is longer than a day.
ALTER TABLE idempotency
  ADD COLUMN scope uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  ADD COLUMN expires_at timestamptz;
UPDATE idempotency SET expires_at = created_at + interval '24 hours';
ALTER TABLE idempotency
  ALTER COLUMN expires_at SET NOT NULL,
  ALTER COLUMN request_hash DROP NOT NULL,
  -- Compared as bytes: keys are looked up and never shown in an order.
  ALTER COLUMN key TYPE text COLLATE "C",
  DROP CONSTRAINT idempotency_pkey,
  ADD PRIMARY KEY (team_id, scope, key),
  DROP COLUMN created_at;
CREATE INDEX idempotency_end ON idempotency (expires_at);

-- May this batch be written? NULL in `refused`: yes, and the node's row is locked until the transaction ends, so that
-- no takeover can finish between the check and the commit and orphan the batch. `stale_teams`: their configuration is
-- newer than the caller's snapshot. 'clock': the ids were made more than a second away from the database's clock; the
-- feed relies on ids being honest about time.
CREATE FUNCTION check_accept(node_epoch integer, made_at_ms double precision, teams uuid[], versions bigint[],
  OUT refused text, OUT stale_teams uuid[], OUT database_now_ms double precision) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM node WHERE epoch = node_epoch FOR KEY SHARE;
  IF NOT FOUND THEN
    refused := 'epoch';
    RETURN;
  END IF;
  -- release_deliveries waits for it. Unlike a row lock it queues fairly, however many accepts overlap.
  PERFORM pg_advisory_xact_lock_shared(8420, node_epoch);
  -- After these locks, and by the clock of this moment: feed_horizon depends on both.
  database_now_ms := extract(epoch FROM clock_timestamp()) * 1000;
  IF abs(database_now_ms - made_at_ms) > 1000 THEN
    refused := 'clock';
    RETURN;
  END IF;
  SELECT array_agg(u.t) INTO stale_teams FROM unnest(teams, versions) u(t, v)
    LEFT JOIN team ON team.id = u.t AND team.config_version = u.v AND team.deleted_at IS NULL
    WHERE team.id IS NULL;
  IF stale_teams IS NOT NULL THEN
    refused := 'stale';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION accept_fresh_events(
  node_epoch integer, made_at_ms double precision,
  teams uuid[], versions bigint[],
  event_teams uuid[], event_ids uuid[], event_types text[], content_types text[], bodies bytea[],
  delivery_teams uuid[], delivery_ids uuid[], delivery_events uuid[], delivery_endpoints uuid[],
  OUT refused text, OUT stale_teams uuid[], OUT database_now_ms double precision
) LANGUAGE plpgsql AS $$
BEGIN
  SELECT c.* INTO refused, stale_teams, database_now_ms FROM check_accept(node_epoch, made_at_ms, teams, versions) c;
  IF refused IS NOT NULL THEN
    RETURN;
  END IF;
  INSERT INTO event (team_id, id, type, content_type, body)
    SELECT * FROM unnest(event_teams, event_ids, event_types, content_types, bodies);
  INSERT INTO delivery (team_id, id, event_id, endpoint_id, owner)
    SELECT t, d, e, p, node_epoch FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints)
      u(t, d, e, p);
END $$;

DROP FUNCTION accept_events(integer, double precision, uuid[], bigint[], uuid[], uuid[], text[], text[], bytea[], text[],
  double precision[], text[], bytea[], integer[], uuid[], uuid[], uuid[], uuid[], boolean[], text[]);

-- Accepts a batch of events with their deliveries in one transaction. One row of arrays an event, one an
-- (event x endpoint) pair; places count events from 1. A key that exists already drops its event and deliveries from the
-- batch and answers the earlier ones, at earlier_places.
CREATE FUNCTION accept_events(
  node_epoch integer, made_at_ms double precision,
  teams uuid[], versions bigint[],
  event_teams uuid[], event_ids uuid[], event_types text[], content_types text[], bodies bytea[],
  ordering_keys text[], occurred_ms double precision[],
  sources uuid[], external_ids text[], coverages smallint[], credentials text[], blob_keys text[], blob_bytes integer[],
  keys text[], key_seconds integer[], request_hashes bytea[], delivery_counts integer[],
  delivery_teams uuid[], delivery_ids uuid[], delivery_events uuid[], delivery_endpoints uuid[],
  delivery_places integer[], delivery_queued boolean[], delivery_keys text[],
  OUT refused text, OUT stale_teams uuid[], OUT database_now_ms double precision,
  OUT earlier_places integer[], OUT earlier_events uuid[], OUT earlier_hashes bytea[], OUT earlier_deliveries integer[]
) LANGUAGE plpgsql AS $$
DECLARE
  nil constant uuid := '00000000-0000-0000-0000-000000000000';
  kept boolean[];
BEGIN
  SELECT c.* INTO refused, stale_teams, database_now_ms FROM check_accept(node_epoch, made_at_ms, teams, versions) c;
  IF refused IS NOT NULL THEN
    RETURN;
  END IF;

  -- In the order of the keys, so that two batches with the same ones wait for each other and do not deadlock; of equal
  -- ones in this batch the first wins.
  WITH won AS (
    INSERT INTO idempotency (team_id, scope, key, request_hash, event_id, deliveries, expires_at)
      SELECT t, s, k, h, i, n, now() + make_interval(secs => x)
        FROM unnest(event_teams, sources, keys, key_seconds, request_hashes, event_ids, delivery_counts)
          WITH ORDINALITY u(t, s, k, x, h, i, n, o) WHERE k IS NOT NULL ORDER BY t, s, k, o
      ON CONFLICT (team_id, scope, key) DO NOTHING
      RETURNING event_id)
  SELECT array_agg(u.k IS NULL OR won.event_id IS NOT NULL ORDER BY u.o) INTO kept
    FROM unnest(event_ids, keys) WITH ORDINALITY u(i, k, o) LEFT JOIN won ON won.event_id = u.i;

  IF false = ANY (kept) THEN
    SELECT array_agg(u.o::integer), array_agg(d.event_id), array_agg(d.request_hash), array_agg(d.deliveries)
      INTO earlier_places, earlier_events, earlier_hashes, earlier_deliveries
      FROM unnest(event_teams, sources, keys, kept) WITH ORDINALITY u(t, s, k, kept, o)
      JOIN idempotency d ON d.team_id = u.t AND d.scope = u.s AND d.key = u.k
      WHERE NOT u.kept;
    IF NOT true = ANY (kept) THEN
      RETURN;
    END IF;
  END IF;

  INSERT INTO event (team_id, id, type, content_type, body, ordering_key, occurred_at, source_id, external_id, coverage,
      credential, blob_key, body_bytes)
    SELECT t, i, ty, ct, b, ok, to_timestamp(oc / 1000), nullif(s, nil), x, c, cr, bk, bb
      FROM unnest(event_teams, event_ids, event_types, content_types, bodies, ordering_keys, occurred_ms, sources,
          external_ids, coverages, credentials, blob_keys, blob_bytes, kept)
        u(t, i, ty, ct, b, ok, oc, s, x, c, cr, bk, bb, kept) WHERE u.kept;

  INSERT INTO delivery (team_id, id, event_id, endpoint_id, owner)
    SELECT t, d, e, p, CASE WHEN NOT q THEN node_epoch END
      FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints, delivery_places, delivery_queued)
        u(t, d, e, p, place, q) WHERE kept[place];

  IF true = ANY (delivery_queued) THEN
    -- Who follows whom under one ordering key is decided under a lock of that key.
    PERFORM pg_advisory_xact_lock(h) FROM (
      SELECT DISTINCT hashtextextended(p::text || k, 0) AS h
        FROM unnest(delivery_endpoints, delivery_keys) u(p, k) WHERE k IS NOT NULL ORDER BY 1) locks;
    INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes, ordering_key, blocked)
      SELECT t, d, e, p, now(), octet_length(bodies[place]), k, k IS NOT NULL AND (
          row_number() OVER (PARTITION BY p, k ORDER BY o) > 1
          OR EXISTS (SELECT FROM delivery_queue q WHERE q.endpoint_id = p AND q.ordering_key = k))
        FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints, delivery_places, delivery_queued,
            delivery_keys) WITH ORDINALITY u(t, d, e, p, place, q, k, o) WHERE q AND kept[place] ORDER BY o;
  END IF;
END $$;

DROP FUNCTION claim_deliveries(integer, uuid[], integer[], bigint);

CREATE FUNCTION claim_deliveries(node_epoch integer, endpoints uuid[], rooms integer[], budget_bytes bigint)
RETURNS TABLE (team_id uuid, delivery_id uuid, event_id uuid, endpoint_id uuid, cycle_attempts smallint,
  attempts smallint, ordering_key text, event_type text, content_type text, body bytea, source_id uuid,
  coverage smallint, blob_key text, body_bytes integer)
LANGUAGE plpgsql
-- A limit that is not a constant is planned for a tenth of all rows, and then whole partitions are hashed to update a
-- hundred deliveries: the cost would grow with the backlog. Every step here is a look-up by key.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM node WHERE epoch = node_epoch FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  RETURN QUERY WITH locked AS (
    SELECT c.* FROM unnest(endpoints, rooms) l(endpoint_id, room) CROSS JOIN LATERAL (
      SELECT q.team_id, q.delivery_id, q.body_bytes, q.due_at FROM delivery_queue q
        WHERE q.endpoint_id = l.endpoint_id AND q.claimed_by IS NULL AND NOT q.blocked AND q.due_at <= now()
        ORDER BY q.due_at LIMIT l.room FOR UPDATE SKIP LOCKED) c),
  picked AS (
    SELECT s.team_id, s.delivery_id FROM (
      SELECT k.team_id, k.delivery_id, sum(k.body_bytes) OVER (ORDER BY k.due_at, k.delivery_id) - k.body_bytes AS before
        FROM locked k) s WHERE s.before < budget_bytes),
  claimed AS (
    UPDATE delivery_queue q SET claimed_by = node_epoch FROM picked p
      WHERE q.team_id = p.team_id AND q.delivery_id = p.delivery_id RETURNING q.*),
  owned AS (
    UPDATE delivery d SET owner = node_epoch FROM claimed c
      WHERE d.team_id = c.team_id AND d.id = c.delivery_id AND d.state = 0 RETURNING d.id, d.attempts)
  SELECT c.team_id, c.delivery_id, c.event_id, c.endpoint_id, c.cycle_attempts, o.attempts, c.ordering_key,
      e.type, e.content_type, e.body, e.source_id, e.coverage, e.blob_key, e.body_bytes
    FROM claimed c JOIN owned o ON o.id = c.delivery_id
    JOIN event e ON e.team_id = c.team_id AND e.id = c.event_id
    ORDER BY c.due_at;
END $$;
