-- What the whole gateway did in each five minutes, counted as it happened: so that its busiest five minutes are read
-- and not searched for among millions of rows.
CREATE TABLE traffic_window (
  starts_at timestamptz PRIMARY KEY,
  accepted bigint NOT NULL,
  attempted bigint NOT NULL,
  called bigint NOT NULL
);
