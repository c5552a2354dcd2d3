import type { RigDatabase } from '../rig/database.ts';
import { type Figure, median, rate, ratio } from '../rig/figures.ts';
import { eventOfOneKilobyte, postAsFastAsPossible } from '../rig/load.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import { startReceiver } from '../rig/receiver.ts';
import { type Rival, startBarePipeline, startBullmqRecipe } from '../rig/rivals.ts';

/** What a run counts: posts answered and requests received, a second, over the time of the load. */
type Throughput = { acceptedPerSecond: number; deliveredPerSecond: number };
/** `rows`: how much is stored for the part that looks at stored rows; its own number where it is left out. */
export type Rig = {
  database: RigDatabase;
  seconds: number;
  runs: number;
  rows?: number;
  progress(what: string): void;
};

const warmupSeconds = 4;

async function measure(
  rig: Rig,
  received: () => Promise<number>,
  load: { url: string; body: string; key?: string },
): Promise<Throughput> {
  await postAsFastAsPossible({ ...load, seconds: warmupSeconds });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = await received();
  const startedAt = performance.now();
  const { perSecond } = await postAsFastAsPossible({ ...load, seconds: rig.seconds });
  // Read at once: what is still on its way is not counted, so a growing backlog shows.
  const after = await received();
  return {
    acceptedPerSecond: perSecond,
    deliveredPerSecond: (after - before) / ((performance.now() - startedAt) / 1000),
  };
}

async function measurePosthorn(rig: Rig, endpoints: number): Promise<Throughput> {
  const receiver = await startReceiver();
  const posthorn = await startPosthorn(await rig.database.create('bench_posthorn'));
  const team = await posthorn.makeTeam({
    types: ['bench.event'],
    endpoints: Array.from({ length: endpoints }, (_, index) => ({
      url: `${receiver.url}/hook/${index}`,
      concurrency: 64,
    })),
  });
  const result = await measure(rig, () => receiver.received(), {
    url: team.eventsUrl,
    key: team.key,
    body: eventOfOneKilobyte('bench.event'),
  });
  await posthorn.stop();
  await receiver.stop();
  return result;
}

async function measureRival(rig: Rig, start: (receiverUrl: string) => Promise<Rival>): Promise<Throughput> {
  const receiver = await startReceiver();
  const rival = await start(`${receiver.url}/hook`);
  const result = await measure(rig, () => receiver.received(), {
    url: rival.url,
    body: eventOfOneKilobyte('bench.event'),
  });
  await rival.stop();
  await receiver.stop();
  return result;
}

const sustained = (result: Throughput) => Math.min(result.acceptedPerSecond, result.deliveredPerSecond);

/** (a) Posthorn, (b) the bare pipeline, (c) the BullMQ recipe, (d) one event to ten endpoints; in turns. */
export async function measureThroughput(rig: Rig): Promise<Figure[]> {
  const results = { a: [] as Throughput[], b: [] as Throughput[], c: [] as Throughput[], d: [] as Throughput[] };
  for (let run = 1; run <= rig.runs; run += 1) {
    rig.progress(`(b) bare pipeline, run ${run} of ${rig.runs}`);
    results.b.push(await measureRival(rig, (url) => startBarePipeline(rig.database, url)));
    rig.progress(`(a) Posthorn, run ${run} of ${rig.runs}`);
    results.a.push(await measurePosthorn(rig, 1));
    rig.progress(`(c) BullMQ recipe, run ${run} of ${rig.runs}`);
    results.c.push(await measureRival(rig, startBullmqRecipe));
    rig.progress(`(d) fan-out to ten, run ${run} of ${rig.runs}`);
    results.d.push(await measurePosthorn(rig, 10));
  }
  const a = median(results.a.map(sustained));
  const b = median(results.b.map(sustained));
  const c = median(results.c.map(sustained));
  const d = median(results.d.map((result) => result.deliveredPerSecond));
  // Of each run, whose parts are seconds apart: what slows the machine for a while is not one side's.
  const share = (of: Throughput[], to: Throughput[], rateOf: (result: Throughput) => number): number =>
    median(of.map((result, run) => rateOf(result) / sustained(to[run] as Throughput)));
  const toBare = share(results.a, results.b, sustained);
  const toRecipe = share(results.a, results.c, sustained);
  const fanOut = share(results.d, results.a, (result) => result.deliveredPerSecond);
  const line = (
    part: string,
    what: string,
    value: string,
    promise: string,
    holds: boolean | null,
    raw: unknown,
  ): Figure => ({
    part,
    what,
    value,
    promise,
    holds,
    raw,
  });
  return [
    line('a', 'accept + sign + deliver + record, sustained', rate(a), '', null, results.a),
    line('b', 'bare pipeline', rate(b), '', null, results.b),
    line('c', 'BullMQ recipe', rate(c), '', null, results.c),
    line('a / b', 'against the bare pipeline', ratio(toBare), 'at least 0.8 x', toBare >= 0.8, toBare),
    line('a / c', 'against the BullMQ recipe', ratio(toRecipe), 'at least 1.5 x', toRecipe >= 1.5, toRecipe),
    line('d', 'fan-out 1 to 10: deliveries', rate(d), '', null, results.d),
    line('d / a', 'fan-out against (a)', ratio(fanOut), 'at least 1.3 x', fanOut >= 1.3, fanOut),
  ];
}
