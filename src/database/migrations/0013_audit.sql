-- The audit log: who did what, in one hash chain for each team and one for the gateway itself, whose team_id is the nil
-- UUID. Entries are written in the transaction of the change that they tell of, and never changed.

-- content: canonical JSON (RFC 8785), which is what is hashed. The columns beside it repeat parts of it for queries, and
-- verification compares them. No foreign keys: entries outlive what they tell of.
CREATE TABLE audit_entry (
  team_id uuid NOT NULL,
  sequence bigint NOT NULL CHECK (sequence > 0),
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  member_id text,
  action text NOT NULL,
  target_kind text,
  target_id text,
  content text NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (team_id, sequence)
);
CREATE INDEX audit_entry_by_id ON audit_entry (id);
CREATE INDEX audit_entry_of_actor ON audit_entry (team_id, actor, sequence);
CREATE INDEX audit_entry_of_action ON audit_entry (team_id, action, sequence);
CREATE INDEX audit_entry_of_target ON audit_entry (team_id, target_id, sequence);

-- The end of each chain.
CREATE TABLE audit_head (
  team_id uuid PRIMARY KEY,
  sequence bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

-- All heads at a moment, signed: body is canonical JSON, and what the signature is over. Rows are the gateway's.
CREATE TABLE audit_checkpoint (
  team_id uuid NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  at timestamptz NOT NULL,
  entries bigint NOT NULL,
  body text NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (team_id, number)
);

-- The Ed25519 key that signs, sealed under the master key, so that all nodes share it and nobody without it can sign.
CREATE TABLE audit_key (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  public_key bytea NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, id)
);

-- Appends entries to their chains, in the order given, and answers how many. It locks the heads of those chains until the
-- transaction ends, in the order of their ids, so whoever appends takes no other lock after it. An entry that is `only_first`
-- is left out when its chain has one of that action and target.
-- The hash is what entryHash() in src/audit/entry-hash.rules.ts computes.
CREATE FUNCTION append_audit(teams uuid[], ids uuid[], times_ms double precision[], actors text[], members text[],
  actions text[], target_kinds text[], target_ids text[], contents text[], only_first boolean[])
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  head audit_head;
  was bigint := 0;
  added integer := 0;
  e record;
BEGIN
  INSERT INTO audit_head (team_id) SELECT DISTINCT t FROM unnest(teams) t ORDER BY t ON CONFLICT DO NOTHING;
  PERFORM FROM audit_head h WHERE h.team_id = ANY (teams) ORDER BY h.team_id FOR UPDATE;
  FOR e IN
    SELECT u.* FROM unnest(teams, ids, times_ms, actors, members, actions, target_kinds, target_ids, contents, only_first)
      WITH ORDINALITY AS u(team_id, id, time_ms, actor, member_id, action, target_kind, target_id, content, once, place)
      ORDER BY u.team_id, u.place
  LOOP
    IF head.team_id IS DISTINCT FROM e.team_id THEN
      IF head.sequence > was THEN
        UPDATE audit_head h SET sequence = head.sequence, hash = head.hash WHERE h.team_id = head.team_id;
      END IF;
      SELECT * INTO STRICT head FROM audit_head h WHERE h.team_id = e.team_id;
      was := head.sequence;
    END IF;
    CONTINUE WHEN e.once AND EXISTS (SELECT FROM audit_entry a
      WHERE a.team_id = e.team_id AND a.target_id = e.target_id AND a.action = e.action);
    head.sequence := head.sequence + 1;
    head.hash := sha256(convert_to('posthorn/audit/v1', 'UTF8') || '\x00'::bytea || head.hash
      || int8send(head.sequence) || sha256(convert_to(e.content, 'UTF8')));
    INSERT INTO audit_entry VALUES (e.team_id, head.sequence, e.id, to_timestamp(e.time_ms / 1000), e.actor, e.member_id,
      e.action, e.target_kind, e.target_id, e.content, head.hash);
    added := added + 1;
  END LOOP;
  IF head.sequence > was THEN
    UPDATE audit_head h SET sequence = head.sequence, hash = head.hash WHERE h.team_id = head.team_id;
  END IF;
  RETURN added;
END $$;

-- Refused for everybody, also where triggers are turned off for a session (ENABLE ALWAYS). Only an owner of the tables can
-- take the triggers away; what that does to the log is found by verification.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only added to: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION guard_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.team_id = OLD.team_id AND NEW.sequence > OLD.sequence THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'the head of an audit chain only goes forward' USING ERRCODE = 'insufficient_privilege';
END $$;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_entry', 'audit_checkpoint'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()',
      name || '_is_final', name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_final');
  END LOOP;
  EXECUTE 'CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION guard_audit_head()';
  EXECUTE 'CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()';
  EXECUTE 'ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_goes_forward';
  EXECUTE 'ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_stays';
  FOREACH name IN ARRAY ARRAY['audit_entry', 'audit_checkpoint', 'audit_head'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()',
      name || '_is_kept', name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_kept');
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM PUBLIC', name);
  END LOOP;
END $$;
