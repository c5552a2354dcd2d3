-- Connections: accounts at providers' APIs. `/egress/<id>` holds the id alone, so it has an index of its own; the primary
-- key stays led by the team.
CREATE TABLE connection (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  provider text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('sandbox', 'production')),
  -- Null: the provider's own.
  base_url text,
  options jsonb NOT NULL DEFAULT '{}',
  -- Only what the user set: the rest follows the defaults, also when a release changes them.
  policy jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused')),
  source_ids uuid[] NOT NULL DEFAULT '{}',
  archive boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX connection_by_id ON connection (id);

-- Several at once while a rotation overlaps: the newest is used. Sealed: envelope encryption under the master key, bound
-- to the id.
CREATE TABLE connection_credential (
  team_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  PRIMARY KEY (team_id, connection_id, id),
  UNIQUE (team_id, connection_id, name)
);

CREATE TRIGGER connection_changed AFTER INSERT OR UPDATE OR DELETE ON connection
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER connection_credential_changed AFTER INSERT OR UPDATE OR DELETE ON connection_credential
  FOR EACH ROW EXECUTE FUNCTION raise_config_version();

-- Apart from connection_credential, because it changes with traffic and must not raise config_version. By the hour, so
-- that "the last 24 hours" mean that at any time of the day; a later use removes hours that nobody looks at any more.
CREATE TABLE connection_credential_use (
  team_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  credential_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  uses bigint NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, connection_id, credential_id, hour)
) WITH (fillfactor = 60);
