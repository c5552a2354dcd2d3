-- Callers that came with a credential of a provider, though they need an API key alone: one row a connection, day and kind.
-- kind: 'own', a value that the connection itself is authorized with; 'other', one more credential beside the key.
CREATE TABLE brought_credential (
  team_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('own', 'other')),
  calls bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_call_id uuid NOT NULL,
  PRIMARY KEY (team_id, connection_id, day, kind)
) WITH (fillfactor = 60);
