-- Promotion: a connection goes from the sandbox to production under a review, and is watched from then on.

-- steps: [{name, at, outcome, seen}], oldest first. worked_until: whoever works on it says so; then it is anybody's.
CREATE TABLE promotion (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  review_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('preparing', 'switched', 'smoke-passed', 'live', 'rolled-back', 'failed')),
  -- What people read: where to, without anything secret.
  target jsonb NOT NULL,
  smoke jsonb NOT NULL,
  -- The review as it stood: {passed, because, evidenceHash}.
  verdict jsonb NOT NULL,
  -- {reason, by, at, freeze}: an owner's word against the review or a freeze; NULL without.
  override jsonb,
  -- 'operator', or the id of a member or of an api key.
  requested_by text NOT NULL,
  -- Of the provider: who promoted the key there, where the provider has that step.
  promoter jsonb,
  -- The connection before: {environment, baseUrl, options}; its credentials are in promotion_credential.
  former jsonb NOT NULL,
  steps jsonb NOT NULL DEFAULT '[]',
  because text,
  worked_until timestamptz,
  created_at timestamptz NOT NULL,
  switched_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (team_id, id)
);
-- One at a time for a connection.
CREATE UNIQUE INDEX promotion_under_way ON promotion (team_id, connection_id)
  WHERE state IN ('preparing', 'switched', 'smoke-passed');
CREATE INDEX promotion_to_work ON promotion (worked_until) WHERE state IN ('preparing', 'switched', 'smoke-passed');
CREATE INDEX promotion_of_connection ON promotion (team_id, connection_id, id);
CREATE INDEX promotion_of_review ON promotion (team_id, review_id, id);

-- Sealed as in connection_credential, under the same ids: `former` go back there when it is rolled back, `next` go there
-- when it is switched. Former ones end 30 days after a promotion is live.
CREATE TABLE promotion_credential (
  team_id uuid NOT NULL,
  promotion_id uuid NOT NULL,
  id uuid NOT NULL,
  part text NOT NULL CHECK (part IN ('former', 'next')),
  name text NOT NULL,
  kind text NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (team_id, promotion_id, id)
);

-- Nothing is promoted meanwhile, but by an owner's word.
CREATE TABLE freeze_window (
  team_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  reason text NOT NULL,
  set_by text NOT NULL,
  PRIMARY KEY (team_id, starts_at)
);

-- Every version of a review's launch plan; the newest is in force.
CREATE TABLE launch_plan (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  plan jsonb NOT NULL,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, review_id, version)
);

-- What is watched: from the first promotion that went live until the last is rolled back. exceeded: since when limits are,
-- {threshold: Unix ms}. states: how checks stood at the last look, {"check subject": state}.
CREATE TABLE watch (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  next_at timestamptz NOT NULL,
  worked_until timestamptz,
  exceeded jsonb NOT NULL DEFAULT '{}',
  states jsonb,
  PRIMARY KEY (team_id, review_id)
);
CREATE INDEX watch_due ON watch (next_at) WHERE ended_at IS NULL;

-- One row a look: values against limits, and what was found. findings: [{kind, what, decides, action}].
CREATE TABLE watch_look (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  id uuid NOT NULL,
  phase text NOT NULL,
  looked_at timestamptz NOT NULL,
  checks integer NOT NULL,
  failed boolean NOT NULL,
  reopened boolean NOT NULL,
  measures jsonb NOT NULL,
  findings jsonb NOT NULL,
  PRIMARY KEY (team_id, review_id, id)
);

-- A day of a watched review, for a person to open and to close with a note.
CREATE TABLE watch_day (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  day date NOT NULL,
  summary jsonb NOT NULL,
  opened_by text,
  opened_at timestamptz,
  closed_by text,
  closed_at timestamptz,
  note text,
  PRIMARY KEY (team_id, review_id, day)
);
