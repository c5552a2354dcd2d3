-- Settles a batch: records the attempts and moves the deliveries, in one transaction.
-- outcomes: 1 succeeded, 2 dead, 0 due again after delay_ms. Only rows still owned by the caller's epoch change
-- state, so a node whose lease was taken over records what it did and disturbs nothing. Running the same batch twice
-- is harmless: an attempt that is on record already moves nothing, not even a delivery that the same node has claimed
-- again since.
CREATE FUNCTION settle_deliveries(
  node_epoch integer,
  a_teams uuid[], a_deliveries uuid[], a_ids uuid[], a_numbers smallint[], a_started_ms double precision[],
  a_statuses smallint[], a_errors text[], a_messages text[], a_request_headers text[], a_response_headers text[],
  a_response_bodies bytea[], a_truncated boolean[],
  a_dns real[], a_connect real[], a_tls real[], a_first_byte real[], a_total real[],
  outcomes smallint[], delays_ms double precision[], cycle_counts smallint[], a_sizes integer[], a_endpoints uuid[], a_events uuid[],
  a_keys text[], operational boolean[],
  OUT applied uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  ordered boolean := EXISTS (SELECT FROM unnest(a_keys) k WHERE k IS NOT NULL);
  recorded uuid[];
BEGIN
  WITH written AS (INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, error, error_message, request_headers,
      response_headers, response_body, response_truncated, dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms)
    SELECT t, d, i, n, to_timestamp(s / 1000), st, er, em, rq, rh, rb, tr, dn, co, tl, fb, tt
      FROM unnest(a_teams, a_deliveries, a_ids, a_numbers, a_started_ms, a_statuses, a_errors, a_messages,
        a_request_headers, a_response_headers, a_response_bodies, a_truncated, a_dns, a_connect, a_tls, a_first_byte,
        a_total) u(t, d, i, n, s, st, er, em, rq, rh, rb, tr, dn, co, tl, fb, tt)
    ON CONFLICT DO NOTHING RETURNING id)
  SELECT array_agg(id) INTO recorded FROM written;

  IF ordered THEN
    PERFORM pg_advisory_xact_lock(h) FROM (
      SELECT DISTINCT hashtextextended(p::text || k, 0) AS h
        FROM unnest(a_endpoints, a_keys) u(p, k) WHERE k IS NOT NULL ORDER BY 1) locks;
  END IF;

  WITH moved AS (
    UPDATE delivery x SET state = u.oc, attempts = x.attempts + 1, owner = NULL, last_status = u.st, last_error = u.er,
        settled_at = CASE WHEN u.oc > 0 THEN now() END
      FROM unnest(a_teams, a_deliveries, a_ids, outcomes, a_statuses, a_errors) u(t, d, i, oc, st, er)
      WHERE x.team_id = u.t AND x.id = u.d AND x.owner = node_epoch AND x.state = 0 AND u.i = ANY (recorded)
      RETURNING x.id)
  SELECT array_agg(id) INTO applied FROM moved;
  applied := coalesce(applied, '{}');

  DELETE FROM delivery_queue q USING unnest(a_teams, a_deliveries, outcomes) u(t, d, oc)
    WHERE q.team_id = u.t AND q.delivery_id = u.d AND u.oc > 0 AND u.d = ANY (applied);

  INSERT INTO delivery_queue AS q (team_id, delivery_id, event_id, endpoint_id, due_at, cycle_attempts, body_bytes,
      ordering_key)
    SELECT t, d, e, p, now() + make_interval(secs => dl / 1000), cy, sz, k
      FROM unnest(a_teams, a_deliveries, a_events, a_endpoints, outcomes, delays_ms, cycle_counts, a_sizes, a_keys)
        u(t, d, e, p, oc, dl, cy, sz, k) WHERE oc = 0 AND d = ANY (applied) ORDER BY t, d
    ON CONFLICT (team_id, delivery_id) DO UPDATE
      SET due_at = excluded.due_at, cycle_attempts = excluded.cycle_attempts, claimed_by = NULL;

  IF ordered THEN
    UPDATE delivery_queue q SET blocked = false FROM (
      SELECT DISTINCT ON (n.endpoint_id, n.ordering_key) n.team_id, n.delivery_id
        FROM unnest(a_endpoints, a_keys, outcomes) u(p, k, oc)
        JOIN delivery_queue n ON n.endpoint_id = u.p AND n.ordering_key = u.k
        WHERE u.oc > 0 ORDER BY n.endpoint_id, n.ordering_key, n.sequence) head
      WHERE q.team_id = head.team_id AND q.delivery_id = head.delivery_id AND q.blocked;
  END IF;

  -- Never recursive: what dies while it told of a dead delivery is on record, but is not told of.
  INSERT INTO operational_outbox (team_id, type, data)
    SELECT t, 'posthorn.delivery.dead', jsonb_build_object('deliveryUuid', d, 'eventUuid', e, 'endpointUuid', p,
        'attempts', n, 'lastStatus', st, 'lastError', er)
      FROM unnest(a_teams, a_deliveries, a_events, a_endpoints, outcomes, a_numbers, a_statuses, a_errors, operational)
        u(t, d, e, p, oc, n, st, er, op) WHERE oc = 2 AND NOT op AND d = ANY (applied);
END $$;

-- The common case: fresh deliveries that succeeded at the first attempt.
CREATE FUNCTION settle_fresh_successes(
  node_epoch integer,
  a_teams uuid[], a_deliveries uuid[], a_ids uuid[], a_started_ms double precision[], a_statuses smallint[],
  a_request_headers text[], a_response_headers text[], a_response_bodies bytea[], a_truncated boolean[],
  a_dns real[], a_connect real[], a_tls real[], a_first_byte real[], a_total real[],
  OUT applied_count bigint
) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, request_headers, response_headers,
      response_body, response_truncated, dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms)
    SELECT t, d, i, 1, to_timestamp(s / 1000), st, rq, rh, rb, tr, dn, co, tl, fb, tt
      FROM unnest(a_teams, a_deliveries, a_ids, a_started_ms, a_statuses, a_request_headers, a_response_headers,
        a_response_bodies, a_truncated, a_dns, a_connect, a_tls, a_first_byte, a_total)
        u(t, d, i, s, st, rq, rh, rb, tr, dn, co, tl, fb, tt)
    ON CONFLICT DO NOTHING;
  UPDATE delivery x SET state = 1, attempts = 1, owner = NULL, last_status = u.st, settled_at = now()
    FROM unnest(a_teams, a_deliveries, a_statuses) u(t, d, st)
    WHERE x.team_id = u.t AND x.id = u.d AND x.owner = node_epoch AND x.state = 0;
  GET DIAGNOSTICS applied_count = ROW_COUNT;
END $$;

-- Every endpoint with work waiting and the moment its earliest is due, by a loose scan of the ready index: the cost
-- grows with the number of such endpoints, not with the number of rows.
CREATE FUNCTION waiting_endpoints() RETURNS TABLE (team_id uuid, endpoint_id uuid, due_in_ms double precision)
LANGUAGE sql AS $$
  WITH RECURSIVE lane AS (
    (SELECT q.team_id, q.endpoint_id, q.due_at FROM delivery_queue q
      WHERE q.claimed_by IS NULL AND NOT q.blocked ORDER BY q.endpoint_id, q.due_at LIMIT 1)
    UNION ALL
    SELECT n.* FROM lane l CROSS JOIN LATERAL (
      SELECT q.team_id, q.endpoint_id, q.due_at FROM delivery_queue q
        WHERE q.claimed_by IS NULL AND NOT q.blocked AND q.endpoint_id > l.endpoint_id
        ORDER BY q.endpoint_id, q.due_at LIMIT 1) n)
  SELECT lane.team_id, lane.endpoint_id, (extract(epoch FROM lane.due_at - now()) * 1000)::double precision FROM lane
$$;

-- Claims up to `rooms` due deliveries of each endpoint for this node, earliest first, skipping what others claim, until
-- their bodies fill `budget_bytes` (one that is larger than the whole budget is still claimed, alone).
CREATE FUNCTION claim_deliveries(node_epoch integer, endpoints uuid[], rooms integer[], budget_bytes bigint)
RETURNS TABLE (team_id uuid, delivery_id uuid, event_id uuid, endpoint_id uuid, cycle_attempts smallint,
  attempts smallint, ordering_key text, event_type text, content_type text, body bytea)
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
      e.type, e.content_type, e.body
    FROM claimed c JOIN owned o ON o.id = c.delivery_id
    JOIN event e ON e.team_id = c.team_id AND e.id = c.event_id
    ORDER BY c.due_at;
END $$;

-- A node's sign of life. Answers whether the epoch still stands, how many nodes live, whose lease has run out, and
-- the database's time.
CREATE FUNCTION node_beat(node_epoch integer, low uuid, lease_seconds double precision)
RETURNS TABLE (alive boolean, live_nodes bigint, expired integer[], database_now_ms double precision)
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE node SET lease_until = now() + make_interval(secs => lease_seconds), low_delivery = low
    WHERE epoch = node_epoch;
  alive := FOUND;
  SELECT count(*) FILTER (WHERE lease_until >= now()), array_agg(epoch) FILTER (WHERE lease_until < now())
    INTO live_nodes, expired FROM node;
  database_now_ms := extract(epoch FROM clock_timestamp()) * 1000;
  RETURN NEXT;
END $$;

-- Gives deliveries back to the queue, due now, unburnt. Only what the epoch still owns. after_accepts: waits for the
-- accepts of the epoch that have begun; without it one whose connection broke could commit after it was looked for.
CREATE FUNCTION release_deliveries(node_epoch integer, r_teams uuid[], r_deliveries uuid[], after_accepts boolean)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  released bigint;
BEGIN
  IF after_accepts THEN
    PERFORM pg_advisory_xact_lock(8420, node_epoch);
  END IF;
  UPDATE delivery_queue q SET claimed_by = NULL FROM unnest(r_teams, r_deliveries) u(t, d)
    WHERE q.team_id = u.t AND q.delivery_id = u.d AND q.claimed_by = node_epoch;
  WITH freed AS (
    UPDATE delivery x SET owner = NULL FROM unnest(r_teams, r_deliveries) u(t, d)
      WHERE x.team_id = u.t AND x.id = u.d AND x.owner = node_epoch AND x.state = 0
      RETURNING x.team_id, x.id, x.event_id, x.endpoint_id)
  INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes)
    SELECT f.team_id, f.id, f.event_id, f.endpoint_id, now(), octet_length(e.body) FROM freed f
      JOIN event e ON e.team_id = f.team_id AND e.id = f.event_id
    ON CONFLICT (team_id, delivery_id) DO NOTHING;
  GET DIAGNOSTICS released = ROW_COUNT;
  RETURN released;
END $$;

-- Gives back what the epoch has claimed from the queue, but for `held`: a claim may commit although its answer was lost,
-- and then the node does not know what it owns.
CREATE FUNCTION release_unheld(node_epoch integer, held uuid[]) RETURNS bigint LANGUAGE sql AS $$
  WITH freed AS (UPDATE delivery_queue q SET claimed_by = NULL
      WHERE q.claimed_by = node_epoch AND q.delivery_id <> ALL (held) RETURNING q.team_id, q.delivery_id),
  loose AS (UPDATE delivery x SET owner = NULL FROM freed f
      WHERE x.team_id = f.team_id AND x.id = f.delivery_id AND x.owner = node_epoch)
  SELECT count(*) FROM freed
$$;

-- Takes over everything a node left behind: its claims become free, and the fresh deliveries it never settled enter
-- the queue. The search starts at the node's low_delivery, team by team along the primary key.
CREATE FUNCTION take_over_node(dead_epoch integer, only_expired boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  low uuid;
  freed bigint;
  queued bigint;
BEGIN
  DELETE FROM node WHERE epoch = dead_epoch AND (NOT only_expired OR lease_until < now()) RETURNING low_delivery INTO low;
  IF low IS NULL THEN
    RETURN NULL;
  END IF;
  WITH mine AS (UPDATE delivery_queue SET claimed_by = NULL WHERE claimed_by = dead_epoch
      RETURNING team_id, delivery_id),
  loose AS (UPDATE delivery x SET owner = NULL FROM mine m WHERE x.team_id = m.team_id AND x.id = m.delivery_id)
  SELECT count(*) INTO freed FROM mine;
  WITH orphan AS (
    SELECT o.* FROM team t CROSS JOIN LATERAL (
      SELECT d.team_id, d.id, d.event_id, d.endpoint_id FROM delivery d
        WHERE d.team_id = t.id AND d.id >= low AND d.owner = dead_epoch AND d.state = 0) o),
  loose AS (UPDATE delivery x SET owner = NULL FROM orphan o WHERE x.team_id = o.team_id AND x.id = o.id)
  INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes)
    SELECT o.team_id, o.id, o.event_id, o.endpoint_id, now(), octet_length(e.body) FROM orphan o
      JOIN event e ON e.team_id = o.team_id AND e.id = o.event_id
    ON CONFLICT (team_id, delivery_id) DO NOTHING;
  GET DIAGNOSTICS queued = ROW_COUNT;
  RETURN freed + queued;
END $$;
