-- How far retention has deleted the history of a team that keeps less than others do: every id below `purged_to` is
-- gone, so the hourly pass looks at what fell out of retention since, and not at every partition for every team.
CREATE TABLE retention_progress (
  team_id uuid NOT NULL,
  purged_to uuid NOT NULL,
  PRIMARY KEY (team_id)
);
