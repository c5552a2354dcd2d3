-- What a team says of itself, for measurements to be compared with. Every version is kept, and none is changed: the highest
-- is what holds.
CREATE TABLE declaration (
  team_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  -- By the name of the part; docs/declarations.md has their shapes.
  parts jsonb NOT NULL,
  -- By the name of the part: who confirmed it, and when.
  confirmed jsonb NOT NULL,
  -- 'operator', or the id of a member or of an api key.
  written_by text NOT NULL,
  written_at timestamptz NOT NULL,
  PRIMARY KEY (team_id, version)
);
