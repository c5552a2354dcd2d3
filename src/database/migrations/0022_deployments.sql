-- What a pipeline says of a deployment when it begins. Rows are added and never changed.
CREATE TABLE deployment (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  -- As the pipeline names it: a version, a tag, a digest.
  release text NOT NULL,
  environment text NOT NULL,
  -- Null: of all that the team has.
  connection_id uuid,
  started_at timestamptz NOT NULL,
  -- 'operator', or the id of a member or of an api key.
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX deployment_newest ON deployment (team_id, environment, started_at DESC, id DESC);

-- Runs of `posthorn verify` for a release. Rows are added and never changed.
CREATE TABLE verification (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  release text NOT NULL,
  environment text NOT NULL,
  exit_code smallint NOT NULL,
  took_ms integer NOT NULL,
  -- What was printed: {name, subject, state, detail}; docs/deployments.md says what they are.
  lines jsonb NOT NULL,
  -- Lines that were printed beyond those.
  lines_left_out integer NOT NULL,
  recorded_by text NOT NULL,
  -- When it had ended, by the clock of Posthorn.
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX verification_of_release ON verification (team_id, environment, release, recorded_at DESC);
