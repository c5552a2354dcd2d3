import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { type Figure, median, milliseconds, rate, ratio } from '../rig/figures.ts';
import { eventOfOneKilobyte, postAsFastAsPossible } from '../rig/load.ts';
import { type RigPosthorn, startPosthorn } from '../rig/posthorn.ts';
import { startReceiver } from '../rig/receiver.ts';
import type { Rig } from './throughput.ts';

const rowsUnlessGiven = 10_000_000;
const longestMs = 5_000;
const leastShare = 0.99;
/** As often as the gateway itself measures a review; in a bench ninety times as often, or nothing would be seen. */
const upkeepEveryMs = 15 * 60_000;
const gatherEveryMs = 10_000;
const namedSlowest = 6;

type Filled = { team: string; endpoint: string; connection: string };
type View = { checks: { check: string; state: string; next: { kind: string; post: string | null } }[] };

/** Ids over the 20 hours before now, in order: `total` of them. */
const idAt = (offset: string, total: string) =>
  `(lpad(to_hex((extract(epoch FROM now() - interval '20 hours') * 1000 + ${offset}::double precision / ${total} * 72000000)::bigint), 12, '0')
    || '7' || lpad(to_hex((${offset}) % 4096), 3, '0') || '8' || lpad(to_hex(${offset}), 15, '0'))::uuid`;

/** Deliveries with one attempt each, as they are a moment after an event was accepted. */
const deliveriesSql = `WITH made AS MATERIALIZED (SELECT ${idAt('n', '$5')} AS id FROM generate_series($3::bigint, $4::bigint) n),
    events AS (INSERT INTO event (team_id, id, type, content_type, body)
      SELECT $1, id, 'bench.event', 'application/json', convert_to('{"n":1}', 'UTF8') FROM made),
    attempts AS (INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, request_headers,
        response_headers, response_body, total_ms)
      SELECT $1, id, id, 1, now(), 200, 'h: v', 'h: v', 'ok', 3 FROM made)
    INSERT INTO delivery (team_id, id, event_id, endpoint_id, state, attempts) SELECT $1, id, id, $2, 1, 1 FROM made`;

/** Calls that succeeded, each to another resource. */
const callsSql = `INSERT INTO call (team_id, id, connection_id, node, outcome, provider, environment, origin, method, operation,
      template, path, counted, status, answered, tries_count, total_ms, ended_at)
    SELECT $1, ${idAt('n', '$5')}, $2, 1, 1, 'docusign', 'sandbox', 'egress', 'GET', 'get-envelope',
        '/v2.1/accounts/{}/envelopes/{}', '/v2.1/accounts/a/envelopes/' || n, true, 200, 200, 1, 12, now()
      FROM generate_series($3::bigint, $4::bigint) n`;

async function fill(rig: Rig, url: string, { team, endpoint, connection }: Filled, rows: number): Promise<void> {
  const half = Math.ceil(rows / 2);
  const chunk = 250_000;
  for (const [what, sql, of] of [
    ['attempts', deliveriesSql, endpoint],
    ['calls', callsSql, connection],
  ] as const) {
    for (let from = 0; from < half; from += chunk) {
      rig.progress(`(n) storing ${what}: ${(from / 1e6).toFixed(2)} of ${(half / 1e6).toFixed(2)} million`);
      const until = Math.min(half, from + chunk) - 1;
      await rig.database.query(url, sql, [uuidFromId(team), uuidFromId(of), from, until, half]);
    }
  }
  rig.progress('(n) analysing');
  await rig.database.query(url, 'VACUUM ANALYZE');
  await rig.database.query(url, 'CHECKPOINT');
}

/** A review of an integration against every checklist that ships; its path. */
async function makeReview(posthorn: RigPosthorn, { team, endpoint, connection }: Filled): Promise<string> {
  const folder = join(import.meta.dirname, '../../readiness/checklists');
  const checklists = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
  const review = await posthorn.call<{ id: string }>('POST', `/v1/teams/${team}/reviews`, {
    name: 'bench',
    checklists,
    integration: { endpoints: [endpoint], connections: [connection] },
  });
  return `/v1/teams/${team}/reviews/${review.id}`;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
}

/** What each check takes that the gateway decides by itself, the slowest first. */
async function timeEach(posthorn: RigPosthorn, view: View): Promise<{ check: string; ms: number }[]> {
  const times: { check: string; ms: number }[] = [];
  for (const { check, next } of view.checks) {
    if (next.kind !== 'run' || next.post === null) continue;
    const path = next.post;
    times.push({ check, ms: (await timed(() => posthorn.call('POST', path))).ms });
  }
  return times.toSorted((one, other) => other.ms - one.ms);
}

/** Events accepted a second, with the review measured over and over meanwhile, or not. */
async function accept(
  rig: Rig,
  posthorn: RigPosthorn,
  load: { url: string; key: string; body: string },
  review: string | null,
): Promise<number> {
  const over = new AbortController();
  const gathering = review === null ? Promise.resolve() : gather(posthorn, review, over.signal);
  try {
    return (await postAsFastAsPossible({ ...load, seconds: rig.seconds })).perSecond;
  } finally {
    over.abort();
    await gathering;
  }
}

/** Measures a review again and again, until it is enough. */
async function gather(posthorn: RigPosthorn, review: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { ms } = await timed(() => posthorn.call('POST', `${review}/run`));
    await setTimeout(Math.max(0, gatherEveryMs - ms), undefined, { signal: over }).catch(() => undefined);
  }
}

/** (n) A whole review measured with ten million calls and attempts stored, and what measuring costs those who post. */
export async function measureReadiness(rig: Rig): Promise<Figure[]> {
  const rows = rig.rows ?? rowsUnlessGiven;
  const receiver = await startReceiver();
  const url = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(url);
  try {
    const made = await posthorn.makeTeam({
      types: ['bench.event'],
      endpoints: [{ url: `${receiver.url}/hook`, concurrency: 64 }],
    });
    const { id: connection } = await posthorn.makeConnection(made.teamId, receiver.url);
    const filled = { team: made.teamId, endpoint: made.endpointIds[0] as string, connection };
    await fill(rig, url, filled, rows);
    const review = await makeReview(posthorn, filled);

    const runs: number[] = [];
    let view: View = { checks: [] };
    for (let run = 1; run <= Math.max(3, rig.runs); run += 1) {
      rig.progress(`(n) measuring a review, run ${run}`);
      const { ms, result } = await timed(() => posthorn.call<View>('POST', `${review}/run`));
      runs.push(ms);
      view = result;
    }
    const { ms: viewMs } = await timed(() => posthorn.call('GET', review));
    const each = await timeEach(posthorn, view);
    const load = { url: made.eventsUrl, key: made.key, body: eventOfOneKilobyte('bench.event') };
    await postAsFastAsPossible({ ...load, seconds: 2 });
    const rates = { off: [] as number[], on: [] as number[] };
    for (let run = 1; run <= rig.runs; run += 1) {
      rig.progress(`(n) accepting with gathering off and on, run ${run} of ${rig.runs}`);
      rates.off.push(await accept(rig, posthorn, load, null));
      rates.on.push(await accept(rig, posthorn, load, review));
    }
    return figuresOf({ rows, runs, viewMs, each, measured: each.length, rates });
  } finally {
    await posthorn.stop();
    await receiver.stop();
  }
}

function figuresOf(of: {
  rows: number;
  runs: number[];
  viewMs: number;
  each: { check: string; ms: number }[];
  measured: number;
  rates: { off: number[]; on: number[] };
}): Figure[] {
  const evaluationMs = median(of.runs);
  const [off, on] = [median(of.rates.off), median(of.rates.on)];
  // What one evaluation takes from those who post, spread over the time to the next.
  const share = 1 - Math.max(0, 1 - on / off) * (gatherEveryMs / upkeepEveryMs);
  const stored = `${of.rows.toLocaleString('en-US')} calls and attempts stored`;
  const slowest = of.each.slice(0, namedSlowest).map(({ check, ms }) => `${check} ${milliseconds(ms)}`);
  return [
    {
      part: 'n',
      what: `a whole review measured (${of.measured} checks) with ${stored}`,
      value: milliseconds(evaluationMs),
      promise: `under ${longestMs / 1000} s`,
      holds: evaluationMs < longestMs,
      raw: of.runs,
    },
    {
      part: 'n',
      what: 'the review read as it stands',
      value: milliseconds(of.viewMs),
      promise: '',
      holds: null,
      raw: of.viewMs,
    },
    { part: 'n', what: 'its slowest checks, alone', value: slowest.join(', '), promise: '', holds: null, raw: of.each },
    {
      part: 'n',
      what: `accepting while a review is measured every ${gatherEveryMs / 1000} s, against not at all`,
      value: `${rate(on)} and ${rate(off)}: ${ratio(on / off)}`,
      promise: '',
      holds: null,
      raw: of.rates,
    },
    {
      part: 'n',
      what: `so with one every ${upkeepEveryMs / 60_000} minutes, as often as the gateway measures it by itself`,
      value: ratio(share),
      promise: `at least ${leastShare} x`,
      holds: share >= leastShare,
      raw: share,
    },
  ];
}
