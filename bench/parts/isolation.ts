import { type Figure, median, milliseconds } from '../rig/figures.ts';
import { type Latency, probeLatency, receiverPort } from '../rig/latency.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import type { Rig } from './throughput.ts';

const endpoints = 100;
/** About half of what generator, receiver and product carry together on two cores in this arrangement. */
const ratePerSecond = 1_500;

async function measure(rig: Rig, hanging: boolean): Promise<Latency> {
  const port = await receiverPort();
  const posthorn = await startPosthorn(await rig.database.create('bench_posthorn'));
  const types = Array.from({ length: endpoints }, (_, index) => `bench.event${index}`);
  const team = await posthorn.makeTeam({
    types,
    endpoints: types.map((type, index) => ({
      url: `http://127.0.0.1:${port}/${hanging && index === 0 ? 'hang' : `hook${index}`}`,
      eventTypes: [type],
    })),
  });
  const latency = await probeLatency({
    postUrl: team.eventsUrl,
    key: team.key,
    types,
    ratePerSecond,
    seconds: rig.seconds,
    warmupSeconds: 5,
    receiverPort: port,
    hang: '/hang',
  });
  await posthorn.stop();
  return latency;
}

/** (e) Of 100 endpoints one hangs to its timeout: what the other 99 notice. */
export async function measureIsolation(rig: Rig): Promise<Figure[]> {
  const calm: Latency[] = [];
  const hanging: Latency[] = [];
  for (let run = 1; run <= rig.runs; run += 1) {
    // In turns, so that a machine that becomes slower does not count for one of the two.
    for (const hangs of run % 2 === 1 ? [false, true] : [true, false]) {
      rig.progress(`(e) 100 endpoints, ${hangs ? 'one hangs' : 'all well'}, run ${run} of ${rig.runs}`);
      (hangs ? hanging : calm).push(await measure(rig, hangs));
    }
  }
  const before = median(calm.map((one) => one.p99Ms));
  const after = median(hanging.map((one) => one.p99Ms));
  const rise = after / before - 1;
  return [
    {
      part: 'e',
      what: `p99 of the other 99 endpoints at ${ratePerSecond.toLocaleString('en-US')}/s while one hangs`,
      value: `${milliseconds(before)} to ${milliseconds(after)} (${rise >= 0 ? '+' : ''}${(rise * 100).toFixed(1)} %)`,
      promise: 'rises by less than 10 %',
      holds: rise < 0.1,
      raw: { calm, hanging },
    },
  ];
}
