-- The smallest UUIDv7 of a moment: 48 bits of milliseconds, then zeros.
CREATE FUNCTION uuid_floor(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the day partitions from yesterday to `days_ahead`. Safe when several nodes call it at once.
CREATE FUNCTION make_day_partitions(days_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  day date;
  parent text;
  child text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7640387254310914);
  FOR day IN SELECT generate_series((now() AT TIME ZONE 'UTC')::date - 1,
                                    (now() AT TIME ZONE 'UTC')::date + days_ahead, interval '1 day')::date LOOP
    FOREACH parent IN ARRAY ARRAY['event', 'delivery', 'attempt'] LOOP
      child := parent || '_' || to_char(day, 'YYYYMMDD');
      CONTINUE WHEN to_regclass(child) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
        child, parent,
        uuid_floor(day::timestamp AT TIME ZONE 'UTC'),
        uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC'),
        CASE parent WHEN 'delivery' THEN 60 ELSE 100 END);
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

SELECT make_day_partitions(7);
