import { type Figure, median, rate, ratio } from '../rig/figures.ts';
import { documensoBody, documensoHeaders, documensoSecret } from '../rig/inbound-bodies.ts';
import { type NumberedLoad, postEachNumber } from '../rig/numbered-load.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import type { Rig } from './throughput.ts';

/** Fewer than a node remembers: duplicates are recognised without the database. */
const requests = 100_000;
const warmupRequests = 10_000;
const leastGain = 1.5;

type Storm = { newPerSecond: number; againPerSecond: number };

async function measure(rig: Rig): Promise<Storm> {
  const databaseUrl = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(databaseUrl);
  const { teamId } = await posthorn.makeTeam({ types: [], endpoints: [] });
  const source = await posthorn.makeSource(teamId, 'documenso', { kind: 'secret', value: documensoSecret });
  const load: NumberedLoad = { url: source.url, headers: documensoHeaders, body: documensoBody() };
  await postEachNumber(load, { from: 1e9, count: warmupRequests });
  const fresh = await postEachNumber(load, { from: 0, count: requests });
  const again = await postEachNumber(load, { from: 0, count: requests });
  const [stored] = await rig.database.query<{ n: string }>(databaseUrl, 'SELECT count(*) AS n FROM event');
  await posthorn.stop();
  if (Number(stored?.n) !== warmupRequests + requests) {
    throw new Error(`${stored?.n} events are stored of ${warmupRequests + requests} different requests`);
  }
  return { newPerSecond: fresh.perSecond, againPerSecond: again.perSecond };
}

/** (j) A provider sends everything again: duplicates against new requests. */
export async function measureStorm(rig: Rig): Promise<Figure[]> {
  const storms: Storm[] = [];
  for (let run = 1; run <= rig.runs; run += 1) {
    rig.progress(`(j) a retry storm, run ${run} of ${rig.runs}`);
    storms.push(await measure(rig));
  }
  const gain = median(storms.map((one) => one.againPerSecond / one.newPerSecond));
  const count = requests.toLocaleString('en-US');
  return [
    {
      part: 'j',
      what: `${count} requests of Documenso`,
      value: rate(median(storms.map((one) => one.newPerSecond))),
      promise: '',
      holds: null,
      raw: storms,
    },
    {
      part: 'j',
      what: `the same ${count} again: recognised, none stored`,
      value: `${rate(median(storms.map((one) => one.againPerSecond)))}: ${ratio(gain)}`,
      promise: `at least ${leastGain} x`,
      holds: gain >= leastGain,
      raw: storms,
    },
  ];
}
