-- Members: the people of a team. Who is removed keeps the row, so that what they signed still has a name.
CREATE TABLE member (
  team_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  -- What e-mails are compared by: see emailKey() in src/members/email.rules.ts.
  email_key text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'auditor', 'viewer')),
  -- 'operator', or the id of a member or of an api key.
  invited_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  PRIMARY KEY (team_id, id)
);
CREATE UNIQUE INDEX member_email ON member (team_id, email_key) WHERE removed_at IS NULL;

-- Who signs reviews for a duty. Members that were removed, or whose role grants no signing any more, are in none.
CREATE TABLE team_signer (
  team_id uuid NOT NULL,
  duty text NOT NULL CHECK (duty IN ('engineering', 'security', 'operations', 'product', 'quality')),
  member_id uuid NOT NULL,
  PRIMARY KEY (team_id, duty, member_id)
);

-- A key of a member opens what it was given and the member's role grants, and nothing once the member is removed.
ALTER TABLE api_key ADD COLUMN member_id uuid;
CREATE INDEX api_key_of_member ON api_key (team_id, member_id) WHERE member_id IS NOT NULL;

-- A hint for nodes, like that of api_key.
CREATE TRIGGER member_changed AFTER UPDATE OR DELETE ON member FOR EACH ROW EXECUTE FUNCTION raise_config_version();

-- Apart from api_key, because it changes with traffic and must not raise config_version.
CREATE TABLE api_key_use (
  team_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, api_key_id)
) WITH (fillfactor = 60);
