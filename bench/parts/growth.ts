import { uuidFromId } from '../../src/ids/id.rules.ts';
import { type Figure, median, milliseconds, rate } from '../rig/figures.ts';
import { eventOfOneKilobyte, postAsFastAsPossible } from '../rig/load.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import { startReceiver } from '../rig/receiver.ts';
import type { Rig } from './throughput.ts';

const waitingSizes = [10_000, 100_000, 1_000_000];
const attemptsStored = 5_000_000;
const claims = 40;
const limit = 1.3;

/** Ids of a day ago and later, in order: what an earlier day of traffic left behind. */
const idAt = (offset: string) =>
  `(lpad(to_hex((extract(epoch FROM now() - interval '20 hours') * 1000)::bigint + (${offset}) / 100), 12, '0')
    || '7' || lpad(to_hex((${offset}) % 100), 3, '0') || '8' || lpad(to_hex(${offset}), 15, '0'))::uuid`;

/** Deliveries of one paused endpoint, all due: the worst case for a claim. */
function waitingSql(): string {
  return `WITH made AS (SELECT ${idAt('n')} AS id, n FROM generate_series($3::bigint, $4::bigint) n),
    events AS (INSERT INTO event (team_id, id, type, content_type, body)
      SELECT $1, id, 'bench.old', 'application/json', convert_to(repeat('x', 1024), 'UTF8') FROM made),
    deliveries AS (INSERT INTO delivery (team_id, id, event_id, endpoint_id) SELECT $1, id, id, $2 FROM made)
    INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes)
      SELECT $1, id, id, $2, now() - interval '1 hour' + n * interval '1 ms', 1024 FROM made`;
}

function attemptsSql(): string {
  return `INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, request_headers, response_headers,
      response_body, total_ms)
    SELECT $1, ${idAt('n')}, ${idAt('n')}, 1, now(), 200, repeat('h: v', 80), repeat('h: v', 40), 'ok', 3
      FROM generate_series($2::bigint, $3::bigint) n`;
}

/** (f) Accept and claim cost as the backlog grows to a million on top of five million stored attempts. */
export async function measureGrowth(rig: Rig): Promise<Figure[]> {
  const receiver = await startReceiver();
  const url = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(url);
  const team = await posthorn.makeTeam({
    types: ['bench.event', 'bench.old'],
    endpoints: [
      { url: `${receiver.url}/hook`, eventTypes: ['bench.event'], concurrency: 64 },
      { url: `${receiver.url}/old`, eventTypes: ['bench.old'] },
    ],
  });
  const old = team.endpointIds[1] as string;
  await posthorn.call('PATCH', `/v1/teams/${team.teamId}/endpoints/${old}`, { status: 'paused' });
  const [teamUuid, oldUuid] = [uuidFromId(team.teamId), uuidFromId(old)];

  const chunk = 250_000;
  for (let from = 0; from < attemptsStored; from += chunk) {
    rig.progress(`(f) storing attempts: ${(from / 1e6).toFixed(2)} of ${attemptsStored / 1e6} million`);
    await rig.database.query(url, attemptsSql(), [teamUuid, 10_000_000 + from, 10_000_000 + from + chunk - 1]);
  }

  const points: { waiting: number; accept: number; claimMs: number; discoverMs: number; residentBytes: number }[] = [];
  let made = 0;
  for (const waiting of waitingSizes) {
    for (; made < waiting; made = Math.min(waiting, made + 100_000)) {
      rig.progress(`(f) queueing deliveries: ${made.toLocaleString('en-US')} of ${waiting.toLocaleString('en-US')}`);
      await rig.database.query(url, waitingSql(), [teamUuid, oldUuid, made, Math.min(waiting, made + 100_000) - 1]);
    }
    await rig.database.query(url, 'VACUUM ANALYZE delivery_queue');
    await rig.database.query(url, 'CHECKPOINT');
    const accepts: number[] = [];
    for (let run = 1; run <= rig.runs; run += 1) {
      rig.progress(`(f) accepting with ${waiting.toLocaleString('en-US')} waiting, run ${run} of ${rig.runs}`);
      const load = { url: team.eventsUrl, key: team.key, body: eventOfOneKilobyte('bench.event') };
      accepts.push((await postAsFastAsPossible({ ...load, seconds: Math.min(rig.seconds, 10) })).perSecond);
    }
    rig.progress(`(f) claiming with ${waiting.toLocaleString('en-US')} waiting`);
    const [times] = await rig.database
      .query<{ claim: number[]; discover: number[] }>(url, timingSql())
      .then(() =>
        rig.database.query<{ claim: number[]; discover: number[] }>(url, 'SELECT * FROM bench_claims($1, $2)', [
          oldUuid,
          claims,
        ]),
      );
    points.push({
      waiting,
      accept: median(accepts),
      claimMs: median(times?.claim ?? []),
      discoverMs: median(times?.discover ?? []),
      residentBytes: posthorn.residentBytes(),
    });
  }
  await posthorn.stop();
  await receiver.stop();
  return figuresOf(points);
}

/** Claims 100 of the due deliveries and lets them go again, many times, timed inside the server. */
function timingSql(): string {
  return `CREATE OR REPLACE FUNCTION bench_claims(endpoint uuid, times integer, OUT claim double precision[], OUT discover double precision[])
    LANGUAGE plpgsql AS $$
    DECLARE
      epoch integer := (SELECT max(n.epoch) FROM node n);
      started timestamptz;
    BEGIN
      FOR run IN 1..times LOOP
        BEGIN
          started := clock_timestamp();
          PERFORM FROM claim_deliveries(epoch, ARRAY[endpoint], ARRAY[100], 16000000);
          claim := claim || extract(epoch FROM clock_timestamp() - started)::double precision * 1000;
          RAISE EXCEPTION 'undo';
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
        started := clock_timestamp();
        PERFORM FROM waiting_endpoints();
        discover := discover || extract(epoch FROM clock_timestamp() - started)::double precision * 1000;
      END LOOP;
    END $$`;
}

function figuresOf(
  points: { waiting: number; accept: number; claimMs: number; discoverMs: number; residentBytes: number }[],
): Figure[] {
  const first = points[0] as (typeof points)[0];
  const last = points.at(-1) as (typeof points)[0];
  const acceptGrowth = first.accept / Math.min(...points.map((point) => point.accept));
  const claimGrowth = Math.max(...points.map((point) => point.claimMs)) / first.claimMs;
  const residentMiB = Math.max(...points.map((point) => point.residentBytes)) / 1024 / 1024;
  const sizes = points.map((point) => point.waiting.toLocaleString('en-US')).join(', ');
  return [
    {
      part: 'f',
      what: `accepting with ${sizes} waiting and 5 million attempts stored`,
      value: `${points.map((point) => rate(point.accept)).join(', ')}: ${acceptGrowth.toFixed(2)} x`,
      promise: `within ${limit} x`,
      holds: acceptGrowth <= limit,
      raw: points,
    },
    {
      part: 'f',
      what: `claiming 100 with ${sizes} due`,
      value: `${points.map((point) => milliseconds(point.claimMs)).join(', ')}: ${claimGrowth.toFixed(2)} x`,
      promise: `within ${limit} x`,
      holds: claimGrowth <= limit,
      raw: points,
    },
    {
      part: 'f',
      what: `finding endpoints with work at ${last.waiting.toLocaleString('en-US')} waiting`,
      value: `${last.discoverMs.toFixed(2)} ms`,
      promise: '',
      holds: null,
      raw: points,
    },
    {
      part: 'f',
      what: 'resident memory of the Posthorn process',
      value: `${Math.round(residentMiB)} MiB`,
      promise: 'under 400 MB',
      holds: residentMiB < 381,
      raw: residentMiB,
    },
  ];
}
