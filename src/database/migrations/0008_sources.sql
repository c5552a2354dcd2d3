-- Sources: where providers post to. `/in/<id>` holds the id alone, so it has an index of its own; the primary key stays
-- led by the team.
CREATE TABLE source (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  provider text NOT NULL,
  name text NOT NULL,
  options jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused')),
  allow_addresses text[],
  rate_per_second double precision CHECK (rate_per_second > 0),
  body_max_bytes integer NOT NULL DEFAULT 33554432 CHECK (body_max_bytes BETWEEN 1000 AND 33554432),
  dedupe_window_seconds integer NOT NULL DEFAULT 2592000 CHECK (dedupe_window_seconds BETWEEN 60 AND 31536000),
  accepts_uncovered boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX source_by_id ON source (id);

-- Several verify at once while a rotation overlaps. Sealed: envelope encryption under the master key, bound to the id.
CREATE TABLE source_credential (
  team_id uuid NOT NULL,
  source_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  PRIMARY KEY (team_id, source_id, id),
  UNIQUE (team_id, source_id, name)
);

CREATE TRIGGER source_changed AFTER INSERT OR UPDATE OR DELETE ON source
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER source_credential_changed AFTER INSERT OR UPDATE OR DELETE ON source_credential
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();

-- Apart from source, because it changes with traffic and must not raise config_version.
CREATE TABLE source_activity (
  team_id uuid NOT NULL,
  source_id uuid NOT NULL,
  received bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  last_received_at timestamptz,
  last_duplicate_at timestamptz,
  last_rejected_at timestamptz,
  last_rejection_reason text,
  last_rejection_detail text,
  PRIMARY KEY (team_id, source_id)
) WITH (fillfactor = 60);

-- Whoever knows a URL can have requests rejected as fast as the line carries them: a minute and a reason are one row.
CREATE TABLE source_rejection (
  team_id uuid NOT NULL,
  source_id uuid NOT NULL,
  minute timestamptz NOT NULL,
  reason text NOT NULL,
  count bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_detail text NOT NULL,
  last_address text,
  last_bytes bigint,
  PRIMARY KEY (team_id, source_id, minute, reason)
) WITH (fillfactor = 60);
CREATE INDEX source_rejection_age ON source_rejection (team_id, minute);
