-- Credentials of connections that were removed or have ended: a last read shows that the provider refuses them, then they are
-- destroyed. Under the id of the credential; where it was used stands here, because the connection may lead elsewhere by now.
CREATE TABLE closing_probe (
  team_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('sandbox', 'production')),
  base_url text,
  options jsonb NOT NULL,
  -- As in connection_credential. NULL: it is destroyed.
  sealed bytea,
  -- 'accepted', 'unanswered': so it ended after its days. 'in-use': the same secret serves a connection again.
  state text NOT NULL DEFAULT 'outstanding'
    CHECK (state IN ('outstanding', 'refused', 'accepted', 'unanswered', 'in-use', 'not-probed')),
  -- Of 'not-probed': why.
  because text,
  replaced_at timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  -- Reads in a row that said nothing of the credential.
  failures integer NOT NULL DEFAULT 0,
  -- Of the last read; NULL where no answer came.
  status integer,
  tried_at timestamptz,
  -- When the provider last took it.
  accepted_at timestamptz,
  closed_at timestamptz,
  due_at timestamptz NOT NULL,
  -- One node works on it until then; claims tells a node that was late from the next.
  worked_until timestamptz,
  claims integer NOT NULL DEFAULT 0,
  PRIMARY KEY (team_id, connection_id, id),
  CHECK ((sealed IS NOT NULL) = (state = 'outstanding')),
  CHECK ((closed_at IS NULL) = (state = 'outstanding'))
);
CREATE INDEX closing_probe_due ON closing_probe (due_at) WHERE state = 'outstanding';
CREATE INDEX closing_probe_closed ON closing_probe (closed_at) WHERE state <> 'outstanding';
CREATE INDEX connection_credential_ending ON connection_credential (expires_at) WHERE expires_at IS NOT NULL;
