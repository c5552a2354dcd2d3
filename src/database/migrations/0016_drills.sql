-- Runs of drills: what waits is claimed by a node, and what a node that died had is interrupted once its lease is over.
CREATE TABLE drill_run (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  check_id text NOT NULL,
  subject_kind text NOT NULL,
  -- An id with its prefix; of a gateway or an organisation its kind.
  subject_id text NOT NULL,
  version integer NOT NULL,
  -- 1; less in rehearsals, which are no evidence.
  pace double precision NOT NULL CHECK (pace > 0 AND pace <= 1),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'stopped', 'interrupted')),
  -- Of one start of a process.
  node uuid,
  lease_until timestamptz,
  stop_asked boolean NOT NULL DEFAULT false,
  progress_done integer NOT NULL DEFAULT 0,
  progress_of integer,
  transcript jsonb NOT NULL DEFAULT '[]',
  -- SHA-256 over the transcript as canonical JSON.
  transcript_hash text CHECK (transcript_hash ~ '^[0-9a-f]{64}$'),
  finding jsonb,
  evidence_id uuid,
  -- Of the subject, when the run began.
  configuration_digest text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX drill_run_of_check ON drill_run (team_id, check_id, subject_id, id DESC);
CREATE INDEX drill_run_open ON drill_run (state) WHERE state IN ('waiting', 'running');
-- When a team had its last turn.
CREATE INDEX drill_run_started ON drill_run (team_id, started_at DESC NULLS LAST) WHERE started_at IS NOT NULL;

CREATE TABLE drill_schedule (
  team_id uuid NOT NULL,
  check_id text NOT NULL,
  -- '*': all that there are when it is due.
  subject_id text NOT NULL,
  every_hours integer NOT NULL CHECK (every_hours BETWEEN 1 AND 8784),
  next_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, check_id, subject_id)
);
CREATE INDEX drill_schedule_due ON drill_schedule (next_at);
