-- The call ledger: one row a call through a connection. Ids are UUIDv7, days are ranges of ids, as for events.

-- outcome: 0 running, 1 succeeded, 2 failed, 3 unknown (the node that made it is gone). node: the epoch that made it.
-- status: the provider's; answered: what the caller got. tries: [status, error, at ms, duration ms] each.
CREATE TABLE call (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  node integer NOT NULL,
  outcome smallint NOT NULL DEFAULT 0,
  provider text NOT NULL,
  environment text NOT NULL,
  api_key_id uuid,
  origin text NOT NULL,
  method text NOT NULL,
  operation text NOT NULL,
  template text NOT NULL,
  subject text,
  resource text,
  path text NOT NULL,
  counted boolean NOT NULL,
  status smallint,
  answered smallint,
  error text,
  error_code text,
  tries_count smallint,
  tries json,
  queue_ms real,
  dns_ms real,
  connect_ms real,
  tls_ms real,
  first_byte_ms real,
  total_ms real,
  request_bytes bigint,
  response_bytes bigint,
  cache text,
  polling text,
  repeats_id uuid,
  repeats_ago_ms double precision,
  repeats_pattern text,
  credential_id uuid,
  credential_kind text,
  rate_headers json,
  ended_at timestamptz,
  PRIMARY KEY (team_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX call_of_connection ON call (connection_id, id);
-- Each holds few of all rows: those under way, those to look into, and those that the polling rule has a word about.
CREATE INDEX call_running ON call (node) WHERE outcome = 0;
CREATE INDEX call_not_succeeded ON call (team_id, id) WHERE outcome > 1;
CREATE INDEX call_polling ON call (team_id, id) WHERE polling IS NOT NULL;

-- Apart, so that lists and statistics pass over thin rows.
CREATE TABLE call_body (
  team_id uuid NOT NULL,
  call_id uuid NOT NULL,
  request_body bytea,
  response_body bytea,
  PRIMARY KEY (team_id, call_id)
) PARTITION BY RANGE (call_id);

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
    FOREACH parent IN ARRAY ARRAY['event', 'delivery', 'attempt', 'seen_again', 'call', 'call_body'] LOOP
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

-- A node that was not restarted since makes no partition of the new tables for days that exist already.
DO $$
DECLARE
  day text;
  parent text;
BEGIN
  FOR day IN SELECT substring(c.relname FROM '_(\d{8})$') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass LOOP
    FOREACH parent IN ARRAY ARRAY['call', 'call_body'] LOOP
      CONTINUE WHEN to_regclass(parent || '_' || day) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', parent || '_' || day, parent,
        uuid_floor(day::date::timestamp AT TIME ZONE 'UTC'), uuid_floor((day::date + 1)::timestamp AT TIME ZONE 'UTC'));
    END LOOP;
  END LOOP;
END $$;

-- Puts calls on record before they go out. The commit does not wait for the disk: what a killed process has begun is
-- here, and a crash of the machine loses no more than the last moments. The lock is what withdraw_calls waits for.
CREATE FUNCTION begin_calls(
  node_epoch integer, c_teams uuid[], c_ids uuid[], connections uuid[], providers text[], environments text[],
  api_keys uuid[], origins text[], methods text[], operations text[], templates text[], subjects text[],
  resources text[], paths text[], counteds boolean[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM pg_advisory_xact_lock_shared(8421, node_epoch);
  INSERT INTO call (team_id, id, connection_id, node, provider, environment, api_key_id, origin, method, operation,
      template, subject, resource, path, counted)
    SELECT t, i, c, node_epoch, p, e, nullif(k, '00000000-0000-0000-0000-000000000000'), o, m, op, te, s, r, pa, co
      FROM unnest(c_teams, c_ids, connections, providers, environments, api_keys, origins, methods, operations,
        templates, subjects, resources, paths, counteds) u(t, i, c, p, e, k, o, m, op, te, s, r, pa, co)
    ON CONFLICT DO NOTHING;
END $$;

-- Takes calls back that were begun perhaps and went out for certain not: after the begins of the epoch that are under way.
CREATE FUNCTION withdraw_calls(node_epoch integer, c_teams uuid[], c_ids uuid[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(8421, node_epoch);
  DELETE FROM call c USING unnest(c_teams, c_ids) u(t, i)
    WHERE c.team_id = u.t AND c.id = u.i AND c.node = node_epoch AND c.outcome IN (0, 3);
END $$;

-- Records how calls ended. Answers those that are not on record: begin them, and end them again. Twice is harmless: what
-- has ended stays as it ended. `low` and `high` are the smallest and the largest of the ids.
CREATE FUNCTION end_calls(
  low uuid, high uuid, c_teams uuid[], c_ids uuid[], statuses smallint[], answereds smallint[], errors text[],
  error_codes text[], tries_counts smallint[], tries_given text[], queues real[], dnses real[], connects real[],
  tlses real[], first_bytes real[], totals real[], request_sizes bigint[], response_sizes bigint[], caches text[],
  pollings text[], repeats uuid[], repeats_agos double precision[], patterns text[], credentials uuid[], kinds text[],
  rate_headers_given text[], request_bodies bytea[], response_bodies bytea[], ended_ms double precision[],
  OUT missing uuid[]
) LANGUAGE plpgsql
-- Every call is a look-up by key in the partition of its day, however many there are.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  nil constant uuid := '00000000-0000-0000-0000-000000000000';
  changed uuid[];
BEGIN
  WITH ended AS (
    UPDATE call c SET outcome = CASE WHEN u.er IS NULL THEN 1 ELSE 2 END, status = u.st, answered = u.an, error = u.er,
        error_code = u.ec, tries_count = u.tn, tries = u.tr::json, queue_ms = u.qu, dns_ms = u.dn, connect_ms = u.cn,
        tls_ms = u.tl, first_byte_ms = u.fb, total_ms = u.tt, request_bytes = u.rq, response_bytes = u.rs,
        cache = u.ca, polling = u.po, repeats_id = nullif(u.re, nil), repeats_ago_ms = u.ra, repeats_pattern = u.pa,
        credential_id = nullif(u.cr, nil), credential_kind = u.ki, rate_headers = u.rh::json,
        ended_at = to_timestamp(u.en / 1000)
      FROM unnest(c_teams, c_ids, statuses, answereds, errors, error_codes, tries_counts, tries_given, queues, dnses,
          connects, tlses, first_bytes, totals, request_sizes, response_sizes, caches, pollings, repeats, repeats_agos,
          patterns, credentials, kinds, rate_headers_given, ended_ms)
        u(t, i, st, an, er, ec, tn, tr, qu, dn, cn, tl, fb, tt, rq, rs, ca, po, re, ra, pa, cr, ki, rh, en)
      WHERE c.team_id = u.t AND c.id = u.i AND c.id >= low AND c.id <= high AND c.outcome IN (0, 3)
      RETURNING c.id)
  SELECT array_agg(id) INTO changed FROM ended;

  INSERT INTO call_body (team_id, call_id, request_body, response_body)
    SELECT t, i, q, r FROM unnest(c_teams, c_ids, request_bodies, response_bodies) u(t, i, q, r)
      WHERE (q IS NOT NULL OR r IS NOT NULL) AND i = ANY (changed)
    ON CONFLICT DO NOTHING;

  SELECT array_agg(u.i) INTO missing FROM unnest(c_teams, c_ids) u(t, i)
    WHERE u.i <> ALL (coalesce(changed, '{}'))
      AND NOT EXISTS (SELECT FROM call c WHERE c.team_id = u.t AND c.id = u.i AND c.id >= low AND c.id <= high);
END $$;
