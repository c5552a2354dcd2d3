import { probeCallLatency, type CallLatency } from '../rig/call-latency.ts';
import { type Figure, median, milliseconds, rate, ratio } from '../rig/figures.ts';
import { callAsFastAsPossible, eventOfOneKilobyte } from '../rig/load.ts';
import { startPosthorn, type RigPosthorn } from '../rig/posthorn.ts';
import { largeBytes, type RigProvider, startProvider } from '../rig/provider.ts';
import { startBareProxy } from '../rig/rivals.ts';
import { type Transfer, transferInTurns } from '../rig/transfers.ts';
import type { Rig } from './throughput.ts';

const leastShare = 0.5;
const leastLargeShare = 0.8;
const mostGrowthBytes = 64e6;
const ratePerSecond = 500;
const largeRounds = 5;
const connections = 128;
/** What runs for the first time is slow. */
const firstSeconds = 4;
/** Connections that were idle are opened again: that is not what is measured. */
const warmupSeconds = 1;

const methods = ['GET', 'POST'] as const;
type Method = (typeof methods)[number];
/** `nodeUs` and `databaseUs`: processor time of the proxy's process and of PostgreSQL for each call. */
type Load = { perSecond: number; answered: number; nodeUs: number; databaseUs: number };
type Contestant = {
  url: string;
  key?: string;
  cpuSeconds(): number;
};
type Loads = Record<Method, { bare: Load[]; posthorn: Load[] }>;
type Ledger = { answered: number; recorded: number; unanswered: number; running: number };
type Memory = { beforeBytes: number; peakBytes: number; afterBytes: number };
type Stand = { rig: Rig; provider: RigProvider; databaseUrl: string; posthorn: RigPosthorn };

async function load(
  stand: Stand,
  method: Method,
  contestant: Contestant,
  options: { seconds: number; isFirst: boolean },
): Promise<Load> {
  const { database } = stand.rig;
  const body = method === 'POST' ? { body: eventOfOneKilobyte('bench.event') } : {};
  const { key } = contestant;
  const { seconds, isFirst } = options;
  const calls = { url: `${contestant.url}/json`, ...(key === undefined ? {} : { key }), connections, ...body };
  const warmup = await callAsFastAsPossible({ ...calls, seconds: isFirst ? firstSeconds : warmupSeconds });
  const [cpu, databaseCpu] = [contestant.cpuSeconds(), database.cpuSeconds()];
  const { perSecond, answered } = await callAsFastAsPossible({ ...calls, seconds });
  return {
    perSecond,
    answered: warmup.answered + answered,
    nodeUs: ((contestant.cpuSeconds() - cpu) / answered) * 1e6,
    databaseUs: ((database.cpuSeconds() - databaseCpu) / answered) * 1e6,
  };
}

/** Every call that was answered has to be there; more are those that were under way when the load ended. */
async function countLedger({ rig, posthorn, databaseUrl }: Stand, answered: number): Promise<Ledger> {
  for (let tries = 0; (await posthorn.metric('posthorn_calls_pending')) > 0; tries += 1) {
    if (tries === 300) throw new Error('the call ledger does not get done');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [row] = await rig.database.query<{ recorded: string; unanswered: string; running: string }>(
    databaseUrl,
    `SELECT count(*) FILTER (WHERE outcome = 1) AS recorded, count(*) FILTER (WHERE outcome > 1) AS unanswered,
       count(*) FILTER (WHERE outcome = 0) AS running FROM call`,
  );
  const { recorded, unanswered, running } = row ?? { recorded: 0, unanswered: 0, running: 0 };
  return { answered, recorded: Number(recorded), unanswered: Number(unanswered), running: Number(running) };
}

async function measureMemory(posthorn: RigPosthorn, work: () => Promise<void>): Promise<Memory> {
  const beforeBytes = posthorn.residentBytes();
  posthorn.forgetPeak();
  await work();
  return { beforeBytes, peakBytes: posthorn.peakResidentBytes(), afterBytes: posthorn.residentBytes() };
}

type Run = { loads: Loads; ledger: Ledger; latency: CallLatency[]; transfers: Transfer[]; memory: Memory };

async function measure(rig: Rig, provider: RigProvider): Promise<Run> {
  const databaseUrl = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(databaseUrl, { POSTHORN_CA_FILE: provider.caFile });
  const bare = await startBareProxy(provider);
  try {
    const stand = { rig, provider, databaseUrl, posthorn };
    const { teamId } = await posthorn.makeTeam({ types: [], endpoints: [] });
    const connection = await posthorn.makeConnection(teamId, provider.url);
    const called = { url: connection.url, key: connection.key, cpuSeconds: () => posthorn.cpuSeconds() };
    const loads: Loads = { GET: { bare: [], posthorn: [] }, POST: { bare: [], posthorn: [] } };
    const seconds = Math.max(1, Math.round(rig.seconds / 4));
    for (const method of methods) {
      rig.progress(`(l) calls: ${method}`);
      for (const name of ['bare', 'posthorn', 'posthorn', 'bare'] as const) {
        const isFirst = loads[method][name].length === 0;
        loads[method][name].push(await load(stand, method, name === 'bare' ? bare : called, { seconds, isFirst }));
      }
    }
    rig.progress(`(l) calls: latency at ${ratePerSecond}/s`);
    const targets = [
      { url: `${bare.url}/json`, key: 'none' },
      { url: `${connection.url}/json`, key: connection.key },
    ];
    const latency = await probeCallLatency({ targets, ratePerSecond, seconds: rig.seconds, warmupSeconds: 4 });
    if (latency.some(({ failed }) => failed > 0)) throw new Error(`calls failed: ${JSON.stringify(latency)}`);
    const answered = methods.flatMap((method) => loads[method].posthorn).reduce((sum, one) => sum + one.answered, 0);
    const ledger = await countLedger(stand, answered + (latency[1]?.answered ?? 0));
    rig.progress('(m) calls of 100 MB');
    const direct = { url: provider.url, key: 'none' };
    const large = {
      targets: [direct, connection, { ...bare, key: 'none' }],
      caFile: provider.caFile,
      bytes: largeBytes,
    };
    await transferInTurns({ ...large, rounds: 1 });
    let transfers: Transfer[] = [];
    const memory = await measureMemory(posthorn, async () => {
      transfers = await transferInTurns({ ...large, rounds: largeRounds });
    });
    return { loads, ledger, latency, transfers, memory };
  } finally {
    await posthorn.stop();
    await bare.stop();
  }
}

function loadFigures(runs: readonly Run[], method: Method): Figure[] {
  const of = (name: 'bare' | 'posthorn') => runs.flatMap(({ loads }) => loads[method][name]);
  const middle = (name: 'bare' | 'posthorn', read: (load: Load) => number) => median(of(name).map(read));
  const [bare, posthorn] = [middle('bare', (one) => one.perSecond), middle('posthorn', (one) => one.perSecond)];
  const processor = (name: 'bare' | 'posthorn', read: (load: Load) => number) => `${Math.round(middle(name, read))} µs`;
  const share = posthorn / bare;
  const what = method === 'GET' ? 'GET with a JSON answer of 1 kB' : 'POST of 1 kB';
  return [
    {
      part: 'l',
      what: `calls: ${what}, bare proxy`,
      value: `${rate(bare)}; processor ${processor('bare', (one) => one.nodeUs)} each`,
      promise: '',
      holds: null,
      raw: of('bare'),
    },
    {
      part: 'l',
      what: `calls: ${what}, Posthorn with policies and the ledger`,
      value: `${rate(posthorn)}: ${ratio(share)}; processor ${processor('posthorn', (one) => one.nodeUs)} each, and ${processor('posthorn', (one) => one.databaseUs)} of PostgreSQL`,
      promise: `at least ${leastShare} x`,
      holds: share >= leastShare,
      raw: of('posthorn'),
    },
  ];
}

function ledgerFigure(runs: readonly Run[]): Figure {
  const ledgers = runs.map(({ ledger }) => ledger);
  const sum = (read: (ledger: Ledger) => number) => ledgers.reduce((total, ledger) => total + read(ledger), 0);
  const missing = sum(({ answered, recorded }) => Math.max(0, answered - recorded));
  const running = sum((ledger) => ledger.running);
  const count = (calls: number) => calls.toLocaleString('en-US');
  return {
    part: 'l',
    what: 'of these calls, those that are on record with their answer',
    value: `${count(sum(({ answered }) => answered) - missing)} of ${count(sum(({ answered }) => answered))}, ${running} without an end`,
    promise: 'all of them',
    holds: missing === 0 && running === 0,
    raw: ledgers,
  };
}

function latencyFigure(runs: readonly Run[]): Figure {
  const at = (index: number, read: (latency: CallLatency) => number) =>
    median(runs.map(({ latency }) => read(latency[index] as CallLatency)));
  const [p50, p99] = [(one: CallLatency) => one.p50Ms, (one: CallLatency) => one.p99Ms];
  const added = (read: (latency: CallLatency) => number) =>
    median(runs.map(({ latency: [bare, posthorn] }) => read(posthorn as CallLatency) - read(bare as CallLatency)));
  return {
    part: 'l',
    what: `what a call takes longer than through the bare proxy, at ${ratePerSecond}/s`,
    value: `p50 +${milliseconds(added(p50))} (${milliseconds(at(0, p50))} to ${milliseconds(at(1, p50))}), p99 +${milliseconds(added(p99))} (${milliseconds(at(0, p99))} to ${milliseconds(at(1, p99))})`,
    promise: '',
    holds: null,
    raw: runs.map(({ latency }) => latency),
  };
}

function largeFigures(runs: readonly Run[]): Figure[] {
  const rates = (index: number, way: keyof Transfer) =>
    median(runs.flatMap(({ transfers }) => transfers[index]?.[way] ?? []));
  const line = (way: keyof Transfer, what: string): Figure => {
    const [direct, posthorn, bare] = [rates(0, way), rates(1, way), rates(2, way)];
    const share = posthorn / direct;
    const mb = (bytesPerSecond: number) => Math.round(bytesPerSecond / 1e6);
    return {
      part: 'm',
      what: `${what} of 100 MB through a connection`,
      value: `${mb(posthorn)} MB/s: ${ratio(share)} direct (${mb(direct)} MB/s); bare proxy ${mb(bare)} MB/s`,
      promise: `at least ${leastLargeShare} x direct`,
      holds: share >= leastLargeShare,
      raw: runs.map(({ transfers }) => transfers.map((transfer) => transfer[way])),
    };
  };
  const memories = runs.map(({ memory }) => memory);
  const growth = Math.max(...memories.map(({ beforeBytes, peakBytes }) => peakBytes - beforeBytes));
  const mb = (read: (memory: Memory) => number) => Math.round(median(memories.map(read)) / 1e6);
  return [
    line('down', 'download'),
    line('up', 'upload'),
    {
      part: 'm',
      what: 'resident memory of the Posthorn process before, at its peak meanwhile, and after',
      value: `${mb((one) => one.beforeBytes)}, ${mb((one) => one.peakBytes)}, ${mb((one) => one.afterBytes)} MB`,
      promise: `grows by less than ${mostGrowthBytes / 1e6} MB`,
      holds: growth < mostGrowthBytes,
      raw: memories,
    },
  ];
}

/** (l) Calls through a connection against a bare proxy, all on record; (m) large bodies in flat memory. */
export async function measureEgress(rig: Rig): Promise<Figure[]> {
  const provider = await startProvider();
  const runs: Run[] = [];
  try {
    for (let run = 1; run <= rig.runs; run += 1) {
      rig.progress(`(l), (m) run ${run} of ${rig.runs}`);
      runs.push(await measure(rig, provider));
    }
  } finally {
    await provider.stop();
  }
  const loads = methods.flatMap((method) => loadFigures(runs, method));
  return [...loads, ledgerFigure(runs), latencyFigure(runs), ...largeFigures(runs)];
}
