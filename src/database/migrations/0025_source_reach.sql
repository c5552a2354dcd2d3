-- Where the newest verified requests of a source came from: one row an origin, so that those from one place do not push out
-- those from another. Of a sender outside only its network is kept: an address may be personal data.
CREATE TABLE source_arrival (
  team_id uuid NOT NULL,
  source_id uuid NOT NULL,
  origin text NOT NULL CHECK (origin IN ('outside', 'inside', 'loopback')),
  -- At most 16, newest first: {atMs, host, network, eventId}.
  newest jsonb NOT NULL,
  PRIMARY KEY (team_id, source_id, origin)
) WITH (fillfactor = 60);
