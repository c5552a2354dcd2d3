-- The archive: what is to be fetched from providers, and what was. The documents themselves are in the blob store, under
-- their SHA-256.

-- How far the events of a source were gone through for a connection. Every completed one below it has its job.
CREATE TABLE archive_cursor (
  team_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  source_id uuid NOT NULL,
  position uuid NOT NULL,
  PRIMARY KEY (team_id, connection_id, source_id)
) WITH (fillfactor = 60);

-- due_at: when it is worked on next. Who claims it pushes it into the future and renews that, so that a job whose node
-- died is due again by itself; `claims` fences a node that was only slow. since: when the present effort began.
CREATE TABLE archive_job (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  provider text NOT NULL,
  event_id uuid,
  subject text NOT NULL,
  completion text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'missing', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  claims integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  since timestamptz NOT NULL DEFAULT now(),
  late_at timestamptz,
  settled_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, id),
  UNIQUE (team_id, connection_id, subject, completion)
) WITH (fillfactor = 80);
CREATE INDEX archive_job_due ON archive_job (due_at) WHERE state = 'waiting';
CREATE INDEX archive_job_not_late ON archive_job (since) WHERE state = 'waiting' AND late_at IS NULL;

-- Equal bytes are one blob and may be many documents. fetched_at: when the provider last gave these bytes.
CREATE TABLE archived_document (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  job_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  provider text NOT NULL,
  subject text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  path text NOT NULL,
  content_type text NOT NULL,
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  size_bytes bigint NOT NULL,
  call_id uuid,
  state text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'damaged', 'missing')),
  stored_at timestamptz NOT NULL DEFAULT now(),
  fetched_at timestamptz NOT NULL DEFAULT now(),
  verified_at timestamptz,
  verify_due_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, id),
  UNIQUE (team_id, job_id, path, sha256)
) WITH (fillfactor = 80);
CREATE INDEX archived_document_of_subject ON archived_document (team_id, subject, id);
CREATE INDEX archived_document_of_connection ON archived_document (team_id, connection_id, id);
CREATE INDEX archived_document_to_verify ON archived_document (verify_due_at);

-- The latest verification that somebody asked for, one a team.
CREATE TABLE archive_verification (
  team_id uuid NOT NULL,
  -- Documents that were verified since this are passed over.
  unless_since timestamptz NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  position uuid,
  due_at timestamptz NOT NULL DEFAULT now(),
  total bigint NOT NULL,
  checked bigint NOT NULL DEFAULT 0,
  damaged bigint NOT NULL DEFAULT 0,
  missing bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (team_id)
);
CREATE INDEX archive_verification_running ON archive_verification (due_at) WHERE finished_at IS NULL;
