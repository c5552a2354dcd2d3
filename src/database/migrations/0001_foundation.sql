-- Tenants and their configuration. team_id leads every tenant primary key, so that the tables can be
-- distributed by it. Every change below a team raises team.config_version: the accept path compares it and
-- re-reads a stale snapshot, so that no event can miss an endpoint that was created before it.

CREATE TABLE team (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  retention_days integer NOT NULL DEFAULT 30 CHECK (retention_days BETWEEN 1 AND 3650),
  config_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE api_key (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  permissions text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX api_key_hash ON api_key (key_hash);

CREATE TABLE event_type (
  team_id uuid NOT NULL,
  name text NOT NULL,
  description text,
  schema jsonb,
  example jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, name)
);

CREATE TABLE endpoint (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  url text NOT NULL,
  description text,
  event_types text[] NOT NULL,
  signing jsonb NOT NULL,
  retry_schedule_seconds integer[] NOT NULL,
  timeout_ms integer NOT NULL,
  rate_per_second double precision,
  concurrency integer NOT NULL,
  ordering text NOT NULL CHECK (ordering IN ('none', 'key')),
  filter jsonb,
  headers_sealed bytea,
  client_tls_sealed bytea,
  disable_after_seconds integer NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'paused', 'disabled')),
  status_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (team_id, id)
);

-- Several secrets sign at once while a rotation overlaps. Sealed: envelope encryption under the master key.
CREATE TABLE endpoint_secret (
  team_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  id uuid NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  PRIMARY KEY (team_id, endpoint_id, id)
);

-- Apart from endpoint, because it changes with traffic and must not raise config_version.
CREATE TABLE endpoint_health (
  team_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  failing_since timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  PRIMARY KEY (team_id, endpoint_id)
);

CREATE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.team_id ELSE NEW.team_id END;
BEGIN
  UPDATE team SET config_version = config_version + 1 WHERE id = changed;
  PERFORM pg_notify('posthorn_config', changed::text);
  RETURN NULL;
END $$;
CREATE TRIGGER endpoint_changed AFTER INSERT OR UPDATE OR DELETE ON endpoint
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER endpoint_secret_changed AFTER INSERT OR UPDATE OR DELETE ON endpoint_secret
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER event_type_changed AFTER INSERT OR UPDATE OR DELETE ON event_type
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER api_key_changed AFTER INSERT OR UPDATE OR DELETE ON api_key
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();

CREATE FUNCTION team_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.config_version = OLD.config_version THEN
    NEW.config_version := OLD.config_version + 1;
    PERFORM pg_notify('posthorn_config', NEW.id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER team_changed BEFORE UPDATE ON team FOR EACH ROW EXECUTE FUNCTION team_row_changed();

-- History. Ids are UUIDv7, so a day is a range of ids: partitions are ranges of the id itself, a look-up by id
-- prunes to one partition, and retention drops whole days. An event, its deliveries and their attempts share a day.

CREATE TABLE event (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  content_type text NOT NULL,
  body bytea NOT NULL,
  ordering_key text,
  occurred_at timestamptz,
  PRIMARY KEY (team_id, id)
) PARTITION BY RANGE (id);
ALTER TABLE event ALTER COLUMN body SET STORAGE EXTERNAL;

-- state: 0 pending, 1 succeeded, 2 dead, 3 cancelled. "Held" is not stored: it is pending while the endpoint is
-- paused or disabled, so that pausing and resuming cost the same with ten or ten million deliveries.
-- owner: the node epoch that has the delivery in memory; a settle by any other epoch changes nothing (fencing).
-- exceptional: the indexed copy of the rare states. A success leaves it NULL, which keeps its update HOT.
CREATE TABLE delivery (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  state smallint NOT NULL DEFAULT 0,
  attempts smallint NOT NULL DEFAULT 0,
  owner integer,
  last_status smallint,
  last_error text,
  settled_at timestamptz,
  exceptional smallint GENERATED ALWAYS AS (CASE WHEN state > 1 THEN state END) STORED,
  PRIMARY KEY (team_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX delivery_of_endpoint ON delivery (team_id, endpoint_id, id);
CREATE INDEX delivery_exceptional ON delivery (team_id, exceptional, id) WHERE exceptional IS NOT NULL;

CREATE TABLE attempt (
  team_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  id uuid NOT NULL,
  number smallint NOT NULL,
  started_at timestamptz NOT NULL,
  status smallint,
  error text,
  error_message text,
  request_headers text NOT NULL,
  response_headers text,
  response_body bytea,
  response_truncated boolean NOT NULL DEFAULT false,
  dns_ms real,
  connect_ms real,
  tls_ms real,
  first_byte_ms real,
  total_ms real NOT NULL,
  PRIMARY KEY (team_id, delivery_id, id)
) PARTITION BY RANGE (delivery_id);
ALTER TABLE attempt ALTER COLUMN response_body SET STORAGE EXTERNAL;

-- The thin hot table: only deliveries that wait in the database (for a retry, for room in memory, behind an earlier
-- one of their ordering key, or for their endpoint to be resumed). A fresh delivery that succeeds never enters it.
CREATE TABLE delivery_queue (
  team_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  cycle_attempts smallint NOT NULL DEFAULT 0,
  body_bytes integer NOT NULL,
  claimed_by integer,
  ordering_key text,
  blocked boolean NOT NULL DEFAULT false,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (team_id, delivery_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX delivery_queue_ready ON delivery_queue (endpoint_id, due_at)
  INCLUDE (team_id) WHERE claimed_by IS NULL AND NOT blocked;
CREATE INDEX delivery_queue_ordered ON delivery_queue (endpoint_id, ordering_key, sequence)
  WHERE ordering_key IS NOT NULL;
CREATE INDEX delivery_queue_claimed ON delivery_queue (claimed_by) WHERE claimed_by IS NOT NULL;

CREATE TABLE idempotency (
  team_id uuid NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  event_id uuid NOT NULL,
  deliveries integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- A node's lease. low_delivery: every delivery this epoch owns has an id at or above it, which bounds the search
-- for what a dead node left behind.
CREATE TABLE node (
  epoch integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz NOT NULL,
  low_delivery uuid NOT NULL
);

CREATE TABLE replay (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  filter jsonb NOT NULL,
  dry_run boolean NOT NULL,
  rate_per_second double precision,
  state text NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
  position uuid,
  matched bigint NOT NULL DEFAULT 0,
  resent bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  worked_until timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX replay_running ON replay (created_at) WHERE state = 'running';

CREATE TABLE feed_consumer (
  team_id uuid NOT NULL,
  name text NOT NULL,
  position uuid NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, name)
);

-- Operational events written in the transaction of the change they tell of, then accepted like any other event.
CREATE TABLE operational_outbox (
  team_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  type text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, id)
);
