import { type Figure, median, rate, ratio } from '../rig/figures.ts';
import { documensoBody, documensoHeaders, documensoSecret } from '../rig/inbound-bodies.ts';
import { type NumberedLoad, postEachNumber } from '../rig/numbered-load.ts';
import { type RigPosthorn, startPosthorn } from '../rig/posthorn.ts';
import type { Rig } from './throughput.ts';

const warmupRequests = 10_000;
const normalRequests = 50_000;
const spooledRequests = 100_000;
const leastShare = 0.5;
const drainLimitMs = 300_000;

type Outage = { normalPerSecond: number; gonePerSecond: number; drainSeconds: number; lost: number; doubled: number };

async function measure(rig: Rig): Promise<Outage> {
  const databaseUrl = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(databaseUrl);
  const { teamId } = await posthorn.makeTeam({ types: [], endpoints: [] });
  const source = await posthorn.makeSource(teamId, 'documenso', { kind: 'secret', value: documensoSecret });
  const load: NumberedLoad = { url: source.url, headers: documensoHeaders, body: documensoBody() };
  await postEachNumber(load, { from: 2e9, count: warmupRequests });
  const normal = await postEachNumber(load, { from: 1e9, count: normalRequests });
  await rig.database.pause();
  const gone = await postEachNumber(load, { from: 0, count: spooledRequests });
  await rig.database.resume();
  const startedAtMs = performance.now();
  await untilDrained(posthorn, startedAtMs + drainLimitMs);
  const drainSeconds = (performance.now() - startedAtMs) / 1000;
  const [stored] = await rig.database.query<{ events: string; identities: string }>(
    databaseUrl,
    `SELECT count(*) AS events, count(DISTINCT convert_from(body, 'UTF8')::jsonb #>> '{payload,envelopeId}') AS identities
       FROM event`,
  );
  await posthorn.stop();
  const [events, identities] = [Number(stored?.events), Number(stored?.identities)];
  const sent = warmupRequests + normalRequests + spooledRequests;
  return {
    normalPerSecond: normal.perSecond,
    gonePerSecond: gone.perSecond,
    drainSeconds,
    lost: sent - identities,
    doubled: events - identities,
  };
}

async function untilDrained(posthorn: RigPosthorn, untilMs: number): Promise<void> {
  while ((await posthorn.metric('posthorn_spool_records')) > 0) {
    if (performance.now() > untilMs) throw new Error('the spool was not drained in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** (k) The database goes away and comes back: taking requests meanwhile, and storing them afterwards. */
export async function measureSpool(rig: Rig): Promise<Figure[]> {
  const outages: Outage[] = [];
  for (let run = 1; run <= rig.runs; run += 1) {
    rig.progress(`(k) an outage of the database, run ${run} of ${rig.runs}`);
    outages.push(await measure(rig));
  }
  const share = median(outages.map((one) => one.gonePerSecond / one.normalPerSecond));
  const drainSeconds = median(outages.map((one) => one.drainSeconds));
  const lost = Math.max(...outages.map((one) => one.lost));
  const doubled = Math.max(...outages.map((one) => one.doubled));
  const count = spooledRequests.toLocaleString('en-US');
  return [
    {
      part: 'k',
      what: 'requests of Documenso with the database there',
      value: rate(median(outages.map((one) => one.normalPerSecond))),
      promise: '',
      holds: null,
      raw: outages,
    },
    {
      part: 'k',
      what: `${count} of them with the database gone, into the spool`,
      value: `${rate(median(outages.map((one) => one.gonePerSecond)))}: ${ratio(share)}`,
      promise: `at least ${leastShare} x`,
      holds: share >= leastShare,
      raw: outages,
    },
    {
      part: 'k',
      what: `storing these ${count} once it is back: time, lost, doubled`,
      value: `${drainSeconds.toFixed(1)} s (${rate(spooledRequests / drainSeconds)}), ${lost} lost, ${doubled} doubled`,
      promise: 'none lost or doubled',
      holds: lost === 0 && doubled === 0,
      raw: outages,
    },
  ];
}
