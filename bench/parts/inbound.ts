import { type Figure, median, rate, ratio } from '../rig/figures.ts';
import {
  documensoBody,
  documensoHeaders,
  documensoSecret,
  documentEventBody,
  docusignBody,
} from '../rig/inbound-bodies.ts';
import { postLarge } from '../rig/large-load.ts';
import { type NumberedLoad, postNumbered } from '../rig/numbered-load.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import type { Rig } from './throughput.ts';

const warmupSeconds = 3;
const leastShare = 0.85;
const largeBytes = 1_000_000;
const largeAtOnce = 200;
const largeCount = 1_000;
const largePeakBytes = 500_000_000;

type Accepts = { eventsPerSecond: number; inboundPerSecond: number };
type Large = { bytesPerSecond: number; peakBytes: number };

/** Both without endpoints, on one node; in turns, so that what grows or slows down meets both alike. */
async function measureAccepts(rig: Rig): Promise<Accepts> {
  const posthorn = await startPosthorn(await rig.database.create('bench_posthorn'));
  const { teamId, key, eventsUrl } = await posthorn.makeTeam({ types: [], endpoints: [] });
  const source = await posthorn.makeSource(teamId, 'documenso', { kind: 'secret', value: documensoSecret });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const events: NumberedLoad = { url: eventsUrl, headers, body: documentEventBody() };
  const inbound: NumberedLoad = { url: source.url, headers: documensoHeaders, body: documensoBody() };
  let turn = 0;
  const post = async (load: NumberedLoad, seconds: number): Promise<number> => {
    turn += 1;
    return (await postNumbered(load, { from: turn * 1e9, seconds })).perSecond;
  };
  await post(events, warmupSeconds);
  await post(inbound, warmupSeconds);
  const half = Math.max(1, Math.round(rig.seconds / 2));
  const rates: number[] = [];
  for (const load of [events, inbound, inbound, events]) rates.push(await post(load, half));
  const [first = 0, second = 0, third = 0, fourth = 0] = rates;
  await posthorn.stop();
  return { eventsPerSecond: (first + fourth) / 2, inboundPerSecond: (second + third) / 2 };
}

async function measureLarge(rig: Rig): Promise<Large> {
  const posthorn = await startPosthorn(await rig.database.create('bench_posthorn'));
  const { teamId } = await posthorn.makeTeam({ types: [], endpoints: [] });
  const key = 'bench-docusign-key-0123456789abcdef';
  const source = await posthorn.makeSource(teamId, 'docusign', { kind: 'hmac', value: key });
  const load = { url: source.url, key, ...docusignBody(largeBytes), atOnce: largeAtOnce };
  await postLarge(load, { from: 0, count: largeAtOnce });
  const { bytesPerSecond } = await postLarge(load, { from: largeAtOnce, count: largeCount });
  const peakBytes = posthorn.peakResidentBytes();
  await posthorn.stop();
  return { bytesPerSecond, peakBytes };
}

/** (i) Verified requests of providers: small ones against events of the API, and large ones in bounded memory. */
export async function measureInbound(rig: Rig): Promise<Figure[]> {
  const accepts: Accepts[] = [];
  const large: Large[] = [];
  for (let run = 1; run <= rig.runs; run += 1) {
    rig.progress(`(i) accepting events and requests of a provider, run ${run} of ${rig.runs}`);
    accepts.push(await measureAccepts(rig));
    rig.progress(`(i) large requests of a provider, run ${run} of ${rig.runs}`);
    large.push(await measureLarge(rig));
  }
  const events = median(accepts.map((one) => one.eventsPerSecond));
  const inbound = median(accepts.map((one) => one.inboundPerSecond));
  const share = median(accepts.map((one) => one.inboundPerSecond / one.eventsPerSecond));
  const bytesPerSecond = median(large.map((one) => one.bytesPerSecond));
  const peakBytes = Math.max(...large.map((one) => one.peakBytes));
  return [
    {
      part: 'i',
      what: 'accept events of the API, 1 kB, all different, no endpoints',
      value: rate(events),
      promise: '',
      holds: null,
      raw: accepts,
    },
    {
      part: 'i',
      what: 'verify, deduplicate and accept requests of Documenso, the same',
      value: `${rate(inbound)}: ${ratio(share)}`,
      promise: `at least ${leastShare} x`,
      holds: share >= leastShare,
      raw: accepts,
    },
    {
      part: 'i',
      what: `requests of DocuSign of 1 MB, ${largeAtOnce} at once`,
      value: `${Math.round(bytesPerSecond / 1e6)} MB/s`,
      promise: '',
      holds: null,
      raw: large,
    },
    {
      part: 'i',
      what: 'resident memory of the Posthorn process meanwhile, at its peak',
      value: `${Math.round(peakBytes / 1e6)} MB`,
      promise: `under ${largePeakBytes / 1e6} MB`,
      holds: peakBytes < largePeakBytes,
      raw: large,
    },
  ];
}
