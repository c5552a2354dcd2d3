-- What people say in reviews: attestations, waivers, sign-offs. Rows are never deleted: how one ended is written beside it.
-- People are ids of members, who keep their rows when they leave. Subjects are as in evidence.

-- Of a team: it holds for every review. proofs as in src/reviews/people/attestation.rules.ts.
CREATE TABLE attestation (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  check_id text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  author uuid NOT NULL,
  proofs jsonb NOT NULL,
  note text,
  attested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > attested_at),
  reviewed_by uuid CHECK (reviewed_by <> author),
  reviewed_at timestamptz,
  withdrawn_by uuid,
  withdrawn_at timestamptz,
  PRIMARY KEY (team_id, id),
  CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
  CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX attestation_newest ON attestation (team_id, check_id, subject_kind, subject_id, id DESC);

-- Files that attestations rest on, by what is in them. Bounded, so that they fit into a row.
CREATE TABLE attested_file (
  team_id uuid NOT NULL,
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  name text NOT NULL,
  content_type text NOT NULL,
  bytes bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 5242880),
  uploaded_by uuid NOT NULL,
  uploaded_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, sha256)
);
-- Most are compressed already.
ALTER TABLE attested_file ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE waiver (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  review_id uuid NOT NULL,
  check_id text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  requested_by uuid NOT NULL,
  owner uuid NOT NULL,
  reason text NOT NULL,
  control text NOT NULL,
  requested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > requested_at AND expires_at <= requested_at + interval '2160 hours'),
  approved_by uuid CHECK (approved_by <> requested_by AND approved_by <> owner),
  approved_at timestamptz,
  -- Refused, or taken back.
  ended_by uuid,
  ended_at timestamptz,
  PRIMARY KEY (team_id, id),
  CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
  CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX waiver_of_review ON waiver (team_id, review_id, id);

-- evidence_set is what was signed, evidence_hash its hash: what changed since can be said.
CREATE TABLE sign_off (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  review_id uuid NOT NULL,
  duty text NOT NULL CHECK (duty IN ('engineering', 'security', 'operations', 'product', 'quality')),
  member_id uuid NOT NULL,
  evidence_hash text NOT NULL CHECK (evidence_hash ~ '^[0-9a-f]{64}$'),
  evidence_set jsonb NOT NULL,
  remark text,
  signed_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE INDEX sign_off_of_review ON sign_off (team_id, review_id, id);

-- Whoever writes past the gateway does not turn one statement into another: only ends are added.
CREATE FUNCTION keep_what_people_said() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  added text[] := ARRAY['reviewed_by', 'reviewed_at', 'approved_by', 'approved_at', 'withdrawn_by', 'withdrawn_at', 'ended_by',
    'ended_at'];
  was jsonb := to_jsonb(OLD);
  now_is jsonb;
  name text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    now_is := to_jsonb(NEW);
    FOREACH name IN ARRAY added LOOP
      IF was -> name = 'null'::jsonb THEN
        was := was - name;
        now_is := now_is - name;
      END IF;
    END LOOP;
    IF was = now_is THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'what people said is only added to: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['attestation', 'attested_file', 'waiver', 'sign_off'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION keep_what_people_said()',
      name || '_is_kept', name);
  END LOOP;
END $$;
