-- When a UUIDv7 was made, to the millisecond. uuid_extract_timestamp takes version 7 only from PostgreSQL 18 on.
CREATE FUNCTION uuid_time(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
$$;

-- Makes deliveries of one team due now, in a new cycle: resend, recover and replay all come here. Answers one row for
-- each that exists: queued; in_flight (a node has it in memory: it is being sent as it is); event_gone (past
-- retention); endpoint_gone (deleted).
--
-- Locks are taken in the order ordering keys, queue rows, delivery rows, as claim_deliveries does. Only unclaimed queue
-- rows and unowned deliveries are locked: what a node owns is settled in the other order, and never waited for here.
CREATE FUNCTION requeue_deliveries(in_team uuid, in_deliveries uuid[])
RETURNS TABLE (delivery_id uuid, endpoint_id uuid, result text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  ids uuid[];
  events uuid[];
  endpoints uuid[];
  sizes integer[];
  keys text[];
  refusals text[];
  forwarded uuid[];
  reopened uuid[];
BEGIN
  SELECT array_agg(f.id ORDER BY f.id), array_agg(f.event_id ORDER BY f.id), array_agg(f.endpoint_id ORDER BY f.id),
         array_agg(f.size ORDER BY f.id), array_agg(f.key ORDER BY f.id), array_agg(f.refusal ORDER BY f.id)
    INTO ids, events, endpoints, sizes, keys, refusals
    FROM (
      SELECT d.id, d.event_id, d.endpoint_id, octet_length(e.body) AS size,
          CASE WHEN p.ordering = 'key' THEN e.ordering_key END AS key,
          CASE WHEN e.id IS NULL THEN 'event_gone' WHEN p.id IS NULL THEN 'endpoint_gone' END AS refusal
        FROM (SELECT DISTINCT i FROM unnest(in_deliveries) i) u
        JOIN delivery d ON d.team_id = in_team AND d.id = u.i
        LEFT JOIN event e ON e.team_id = in_team AND e.id = d.event_id
        LEFT JOIN endpoint p ON p.team_id = in_team AND p.id = d.endpoint_id AND p.deleted_at IS NULL) f;

  -- The same lock that accept and settle take: who follows whom under one ordering key is decided under it.
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(p::text || k, 0) AS h
      FROM unnest(endpoints, keys) u(p, k) WHERE k IS NOT NULL ORDER BY 1) locks;

  -- What waits already is brought forward and keeps its place under its ordering key.
  PERFORM FROM unnest(ids, refusals) u(d, r)
    JOIN delivery_queue q ON q.team_id = in_team AND q.delivery_id = u.d
    WHERE u.r IS NULL AND q.claimed_by IS NULL ORDER BY q.delivery_id FOR UPDATE OF q;
  WITH moved AS (
    UPDATE delivery_queue q SET due_at = least(q.due_at, now()), cycle_attempts = 0 FROM unnest(ids, refusals) u(d, r)
      WHERE q.team_id = in_team AND q.delivery_id = u.d AND u.r IS NULL AND q.claimed_by IS NULL
      RETURNING q.delivery_id)
  SELECT coalesce(array_agg(m.delivery_id), '{}') INTO forwarded FROM moved m;

  SELECT coalesce(array_agg(l.id), '{}') INTO reopened FROM (
    SELECT d.id FROM unnest(ids, refusals) u(i, r) JOIN delivery d ON d.team_id = in_team AND d.id = u.i
      WHERE u.r IS NULL AND d.owner IS NULL AND d.id <> ALL (forwarded) ORDER BY d.id FOR UPDATE OF d) l;
  UPDATE delivery d SET state = 0, settled_at = NULL FROM unnest(reopened) u(i)
    WHERE d.team_id = in_team AND d.id = u.i AND d.state > 0;
  -- A row that is there by now was put there by another requeue, due now as well.
  INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes, ordering_key, blocked)
    SELECT in_team, u.d, u.e, u.p, now(), u.s, u.k, u.k IS NOT NULL AND (
        row_number() OVER (PARTITION BY u.p, u.k ORDER BY u.d) > 1
        OR EXISTS (SELECT FROM delivery_queue q WHERE q.endpoint_id = u.p AND q.ordering_key = u.k))
      FROM unnest(ids, events, endpoints, sizes, keys) u(d, e, p, s, k) WHERE u.d = ANY (reopened) ORDER BY u.d
    ON CONFLICT (team_id, delivery_id) DO NOTHING;

  RETURN QUERY SELECT u.d, u.p, coalesce(u.r,
      CASE WHEN u.d = ANY (forwarded) OR u.d = ANY (reopened) THEN 'queued' ELSE 'in_flight' END)
    FROM unnest(ids, endpoints, refusals) u(d, p, r);
END $$;

-- Cancels waiting deliveries of one team; what a node has in memory and what is settled stays. Answers the cancelled.
CREATE FUNCTION cancel_deliveries(in_team uuid, in_deliveries uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  cancelled uuid[];
  endpoints uuid[];
  keys text[];
BEGIN
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(q.endpoint_id::text || q.ordering_key, 0) AS h
      FROM unnest(in_deliveries) u(d) JOIN delivery_queue q ON q.team_id = in_team AND q.delivery_id = u.d
      WHERE q.ordering_key IS NOT NULL ORDER BY 1) locks;
  PERFORM FROM unnest(in_deliveries) u(d) JOIN delivery_queue q ON q.team_id = in_team AND q.delivery_id = u.d
    WHERE q.claimed_by IS NULL ORDER BY q.delivery_id FOR UPDATE OF q;
  WITH gone AS (
    DELETE FROM delivery_queue q USING unnest(in_deliveries) u(d)
      WHERE q.team_id = in_team AND q.delivery_id = u.d AND q.claimed_by IS NULL
      RETURNING q.delivery_id, q.endpoint_id, q.ordering_key),
  ended AS (
    UPDATE delivery d SET state = 3, settled_at = now() FROM gone g
      WHERE d.team_id = in_team AND d.id = g.delivery_id AND d.state = 0)
  SELECT array_agg(g.delivery_id), array_agg(g.endpoint_id), array_agg(g.ordering_key)
    INTO cancelled, endpoints, keys FROM gone g;

  -- The next one of each ordering key takes its turn.
  UPDATE delivery_queue q SET blocked = false FROM (
    SELECT DISTINCT ON (n.endpoint_id, n.ordering_key) n.team_id, n.delivery_id
      FROM unnest(endpoints, keys) u(p, k) JOIN delivery_queue n ON n.endpoint_id = u.p AND n.ordering_key = u.k
      ORDER BY n.endpoint_id, n.ordering_key, n.sequence) head
    WHERE q.team_id = head.team_id AND q.delivery_id = head.delivery_id AND q.blocked;
  RETURN coalesce(cancelled, '{}');
END $$;

-- No pending delivery of the team has an id below this one: it waits in the queue, or a living node took it in after
-- its low_delivery. Bounds every search for what is pending.
CREATE FUNCTION lowest_pending_delivery(in_team uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT least((SELECT q.delivery_id FROM delivery_queue q WHERE q.team_id = in_team ORDER BY q.delivery_id LIMIT 1),
               (SELECT n.low_delivery FROM node n ORDER BY n.low_delivery LIMIT 1))
$$;
