-- A batch of which every key is new, which nearly all are, is told by its count: to join what was written with what was
-- asked for compared each with each, more for each event the larger the batch.
CREATE OR REPLACE FUNCTION accept_events(
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
) LANGUAGE plpgsql
-- Rows are looked up by key, as 0026 says; what is joined in memory may be hashed.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
  nil constant uuid := '00000000-0000-0000-0000-000000000000';
  won uuid[];
  kept boolean[];
BEGIN
  SELECT c.* INTO refused, stale_teams, database_now_ms FROM check_accept(node_epoch, made_at_ms, teams, versions) c;
  IF refused IS NOT NULL THEN
    RETURN;
  END IF;

  -- In the order of the keys, so that two batches with the same ones wait for each other and do not deadlock; of equal
  -- ones in this batch the first wins.
  WITH written AS (
    INSERT INTO idempotency (team_id, scope, key, request_hash, event_id, deliveries, expires_at)
      SELECT t, s, k, h, i, n, now() + make_interval(secs => x)
        FROM unnest(event_teams, sources, keys, key_seconds, request_hashes, event_ids, delivery_counts)
          WITH ORDINALITY u(t, s, k, x, h, i, n, o) WHERE k IS NOT NULL ORDER BY t, s, k, o
      ON CONFLICT (team_id, scope, key) DO NOTHING
      RETURNING event_id)
  SELECT array_agg(event_id) INTO won FROM written;

  IF coalesce(cardinality(won), 0) = cardinality(array_remove(keys, NULL)) THEN
    -- Nearly always: every key is new.
    kept := array_fill(true, ARRAY[cardinality(event_ids)]);
  ELSE
    SELECT array_agg(u.k IS NULL OR w.i IS NOT NULL ORDER BY u.o) INTO kept
      FROM unnest(event_ids, keys) WITH ORDINALITY u(i, k, o) LEFT JOIN unnest(won) w(i) ON w.i = u.i;
    SELECT array_agg(u.o::integer), array_agg(d.event_id), array_agg(d.request_hash), array_agg(d.deliveries)
      INTO earlier_places, earlier_events, earlier_hashes, earlier_deliveries
      FROM unnest(event_teams, sources, keys, kept) WITH ORDINALITY u(t, s, k, kept, o)
      CROSS JOIN LATERAL (SELECT * FROM idempotency e
        WHERE e.team_id = u.t AND e.scope = u.s AND e.key = u.k LIMIT 1) d
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
