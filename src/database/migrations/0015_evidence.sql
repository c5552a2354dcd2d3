-- Evidence of readiness checks: one row a measurement, never changed. What concerns the gateway itself, and so every team,
-- belongs to the nil team. The newest of a check and subject is its answer; the others are its history.
CREATE TABLE evidence (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  check_id text NOT NULL,
  subject_kind text NOT NULL,
  -- An id with its prefix; of a gateway or an organisation its kind.
  subject_id text NOT NULL,
  finding jsonb NOT NULL,
  measured_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  collector_version integer NOT NULL,
  release text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('development', 'production')),
  configuration_digest text NOT NULL,
  -- SHA-256 over all of the above.
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  PRIMARY KEY (team_id, id)
);
CREATE INDEX evidence_newest ON evidence (team_id, check_id, subject_id, id DESC);
