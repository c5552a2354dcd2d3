-- Accepts a batch of events with their deliveries in one transaction.
-- One row of arrays an event (events_*), one an (event x endpoint) pair (deliveries_*). Refuses the whole batch, and
-- writes nothing, when a team's configuration is newer than the caller's snapshot (stale_teams) or when the ids were
-- made more than a second away from the database's clock: the feed relies on ids being honest about time. The lock on
-- the node's row keeps a takeover from finishing between the check and the commit, which would orphan the batch.
-- An idempotency key that exists already drops its event and deliveries from the batch and answers the earlier ones.
CREATE FUNCTION accept_events(
  node_epoch integer, made_at_ms double precision,
  teams uuid[], versions bigint[],
  event_teams uuid[], event_ids uuid[], event_types text[], content_types text[], bodies bytea[],
  ordering_keys text[], occurred_ms double precision[],
  idempotency_keys text[], request_hashes bytea[], delivery_counts integer[],
  delivery_teams uuid[], delivery_ids uuid[], delivery_events uuid[], delivery_endpoints uuid[],
  delivery_queued boolean[], delivery_keys text[],
  OUT refused text, OUT stale_teams uuid[], OUT database_now_ms double precision,
  OUT earlier_keys text[], OUT earlier_teams uuid[], OUT earlier_events uuid[], OUT earlier_hashes bytea[],
  OUT earlier_deliveries integer[]
) LANGUAGE plpgsql AS $$
DECLARE
  kept uuid[];
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
    RETURN;
  END IF;

  WITH won AS (
    INSERT INTO idempotency (team_id, key, request_hash, event_id, deliveries)
      SELECT t, k, h, i, n FROM unnest(event_teams, idempotency_keys, request_hashes, event_ids, delivery_counts)
        u(t, k, h, i, n) WHERE k IS NOT NULL ORDER BY t, k
      ON CONFLICT (team_id, key) DO NOTHING
      RETURNING event_id)
  SELECT array_agg(i) INTO kept FROM unnest(event_ids, idempotency_keys) u(i, k)
    WHERE k IS NULL OR i IN (SELECT event_id FROM won);
  kept := coalesce(kept, '{}');

  IF cardinality(kept) < cardinality(event_ids) THEN
    SELECT array_agg(d.team_id), array_agg(d.key), array_agg(d.event_id), array_agg(d.request_hash),
           array_agg(d.deliveries)
      INTO earlier_teams, earlier_keys, earlier_events, earlier_hashes, earlier_deliveries
      FROM idempotency d
      WHERE (d.team_id, d.key) IN (
        SELECT t, k FROM unnest(event_teams, event_ids, idempotency_keys) u(t, i, k) WHERE i <> ALL (kept));
  END IF;

  INSERT INTO event (team_id, id, type, content_type, body, ordering_key, occurred_at)
    SELECT t, i, ty, ct, b, ok, to_timestamp(oc / 1000)
      FROM unnest(event_teams, event_ids, event_types, content_types, bodies, ordering_keys, occurred_ms)
        u(t, i, ty, ct, b, ok, oc) WHERE i = ANY (kept);

  INSERT INTO delivery (team_id, id, event_id, endpoint_id, owner)
    SELECT t, d, e, p, CASE WHEN NOT q THEN node_epoch END
      FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints, delivery_queued)
        u(t, d, e, p, q) WHERE e = ANY (kept);

  IF true = ANY (delivery_queued) THEN
    -- Who follows whom under one ordering key is decided under a lock of that key.
    PERFORM pg_advisory_xact_lock(h) FROM (
      SELECT DISTINCT hashtextextended(p::text || k, 0) AS h
        FROM unnest(delivery_endpoints, delivery_keys) u(p, k) WHERE k IS NOT NULL ORDER BY 1) locks;
    INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes, ordering_key, blocked)
      SELECT t, d, e, p, now(), octet_length(bodies[array_position(event_ids, e)]), k, k IS NOT NULL AND (
          row_number() OVER (PARTITION BY p, k ORDER BY o) > 1
          OR EXISTS (SELECT FROM delivery_queue q WHERE q.endpoint_id = p AND q.ordering_key = k))
        FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints, delivery_queued, delivery_keys)
          WITH ORDINALITY u(t, d, e, p, q, k, o) WHERE q AND e = ANY (kept) ORDER BY o;
  END IF;
END $$;

-- The common case in one statement: nothing idempotent, nothing queued. Answers like accept_events.
CREATE FUNCTION accept_fresh_events(
  node_epoch integer, made_at_ms double precision,
  teams uuid[], versions bigint[],
  event_teams uuid[], event_ids uuid[], event_types text[], content_types text[], bodies bytea[],
  delivery_teams uuid[], delivery_ids uuid[], delivery_events uuid[], delivery_endpoints uuid[],
  OUT refused text, OUT stale_teams uuid[], OUT database_now_ms double precision
) LANGUAGE plpgsql AS $$
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
    RETURN;
  END IF;
  INSERT INTO event (team_id, id, type, content_type, body)
    SELECT * FROM unnest(event_teams, event_ids, event_types, content_types, bodies);
  INSERT INTO delivery (team_id, id, event_id, endpoint_id, owner)
    SELECT t, d, e, p, node_epoch FROM unnest(delivery_teams, delivery_ids, delivery_events, delivery_endpoints)
      u(t, d, e, p);
END $$;
