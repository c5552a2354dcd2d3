-- Go-live reviews: what an integration is held to, and how people work through it.
CREATE TABLE review (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  checklists text[] NOT NULL,
  -- {"sources": [], "endpoints": [], "connections": []}: ids with their prefixes.
  integration jsonb NOT NULL,
  -- By question of scope.
  answers jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'promoted', 'reopened', 'closed')),
  because text,
  waiver_cap integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Raised by every change.
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX review_worked_on ON review (status) WHERE status <> 'closed';

-- Who sees to a check of a review, and until when.
CREATE TABLE review_assignment (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  check_id text NOT NULL,
  subject_id text NOT NULL,
  owner_id uuid,
  due_at timestamptz,
  PRIMARY KEY (team_id, review_id, check_id, subject_id)
);

-- Only ever added. Of a check and subject, or of the review where both are null.
CREATE TABLE review_comment (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  review_id uuid NOT NULL,
  check_id text,
  subject_id text,
  -- 'operator', or the id of a member or of an api key.
  author text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX review_comment_of ON review_comment (team_id, review_id, id DESC);

-- How a review stood when it was measured. One that the gateway took by itself and that found nothing else only confirms
-- the one before.
CREATE TABLE review_snapshot (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  id uuid NOT NULL,
  taken_at timestamptz NOT NULL,
  confirmed_at timestamptz NOT NULL,
  -- As for review_comment; 'posthorn' where the gateway measured by itself.
  taken_by text NOT NULL,
  evidence_hash text NOT NULL,
  passed boolean NOT NULL,
  -- What the hash is over.
  evidence_set jsonb NOT NULL,
  -- Ids of evidence by check and subject.
  evidence_ids jsonb NOT NULL,
  PRIMARY KEY (team_id, review_id, id)
);

-- Checks and checklists that a team wrote itself; ids begin with 'team.' and 'team-'.
CREATE TABLE team_check (
  team_id uuid NOT NULL,
  id text NOT NULL,
  definition jsonb NOT NULL,
  -- Raised by every change: evidence of another version is stale.
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, id)
);

CREATE TABLE team_checklist (
  team_id uuid NOT NULL,
  id text NOT NULL,
  definition jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, id)
);

-- Which node measures what reviews need, so that only one of a cluster does.
CREATE TABLE review_upkeep (
  team_id uuid NOT NULL,
  review_id uuid NOT NULL,
  next_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, review_id)
);
