import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom, type Random } from '../simulation/random.ts';
import { createApi } from '../support/api.ts';
import { killDatabaseOf, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { auditCalls, type MadeCall } from './calling-oracle.ts';
import { type CallingApi, callingApiOf, listCalls, type ShownCall } from './calling-parts.ts';

export type CallingCrashReport = {
  seed: number;
  rounds: number;
  made: number;
  reachedProvider: number;
  outcomes: Record<'succeeded' | 'failed' | 'unknown', number>;
  /** Calls whose caller had no answer when the process was killed. */
  unanswered: number;
  failures: string[];
};

const callers = 16;
const longestRoundMs = 1_200;

/**
 * Kills Posthorn at random moments while callers call through it, starts it again on the same folder, and holds the
 * ledger against what the provider and the callers saw. Ends with the first round that fails.
 */
export async function crashWhileCalling(options: {
  rounds: number;
  seed: number;
  onRound?: (round: number, calls: number) => void;
}): Promise<CallingCrashReport> {
  const { rounds, seed } = options;
  const random = createRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-calling-crash-'));
  await chmod(folder, 0o711);
  const dataFolder = join(folder, 'data');
  const provider = await startScriptedProvider();
  const report: CallingCrashReport = {
    seed,
    rounds: 0,
    made: 0,
    reachedProvider: 0,
    outcomes: { succeeded: 0, failed: 0, unknown: 0 },
    unanswered: 0,
    failures: [],
  };
  let posthorn: PosthornProcess | null = null;
  try {
    posthorn = await startPosthorn({ dataFolder });
    const url = (): string => posthorn?.url ?? '';
    const calling = await callingApiOf(createApi(url), url);
    const connection = await calling.connect(provider.url, {
      policy: { retries: { most: 2, baseMs: 10, mostMs: 50 }, breaker: { minimumCalls: 100_000 } },
    });
    const all: MadeCall[] = [];
    for (let round = 1; round <= rounds && report.failures.length === 0; round += 1) {
      const load = startCallers(calling, connection, random.fork(), round);
      await delay(random.whole(60, longestRoundMs));
      await posthorn.end('SIGKILL');
      const made = await load;
      all.push(...made);
      posthorn = await startPosthorn({ dataFolder });
      const isOfRound = ({ path }: { path: string }): boolean => path.startsWith(`/${round}/`);
      const calls = (await settledCalls(calling, connection)).filter(isOfRound);
      const seen = new Map([...provider.seen].filter(([path]) => isOfRound({ path })));
      report.failures.push(...auditCalls(made, seen, calls));
      report.rounds = round;
      report.made += made.length;
      report.reachedProvider += seen.size;
      report.unanswered += made.filter(({ answered }) => answered === null).length;
      for (const { outcome } of calls) if (outcome !== 'running') report.outcomes[outcome] += 1;
      options.onRound?.(round, calls.length);
    }
    // What one crash left as it should be, a later one must not have changed.
    if (report.failures.length === 0) {
      report.failures.push(...auditCalls(all, provider.seen, await settledCalls(calling, connection)));
    }
  } finally {
    if (posthorn?.running() === true) await posthorn.end('SIGKILL');
    await killDatabaseOf(dataFolder);
    provider.close();
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

/** What was running on the process that was killed is marked when the next one has started. */
async function settledCalls({ api, teamId }: CallingApi, connection: string): Promise<ShownCall[]> {
  let calls: ShownCall[] = [];
  await until('no call to be running', async () => {
    calls = await listCalls(api, teamId, connection);
    return calls.every(({ outcome }) => outcome !== 'running');
  }).catch(() => undefined);
  return calls;
}

/** Calls through the connection until Posthorn is gone. Every call has a path of its own: `/<round>/<kind>/<number>`. */
async function startCallers(
  calling: CallingApi,
  connection: string,
  random: Random,
  round: number,
): Promise<MadeCall[]> {
  const made: MadeCall[] = [];
  const loop = async (mine: Random): Promise<void> => {
    for (;;) {
      const kind = mine.pick(['quick', 'quick', 'slow', 'busy', 'fails', 'post', 'large'] as const);
      const one: MadeCall = { path: `/${round}/${kind}/${made.length}`, answered: null };
      made.push(one);
      const body = { post: '{}', large: 'x'.repeat(2_000_000) }[kind as string];
      try {
        const isGet = body === undefined;
        const answer = await calling.call(connection, one.path, isGet ? {} : { method: 'POST', body });
        one.answered = answer.status;
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, () => loop(random.fork())));
  return made;
}

/** A provider that remembers what it saw, and behaves as the path says. */
async function startScriptedProvider(): Promise<{ url: string; seen: Map<string, number>; close(): void }> {
  const seen = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    const times = (seen.get(path) ?? 0) + 1;
    seen.set(path, times);
    const [, , kind] = path.split('/');
    const status = kind === 'fails' ? 500 : kind === 'busy' && times === 1 ? 429 : 200;
    const end = (): void => void response.writeHead(status).end('answer');
    request.resume();
    if (kind === 'slow') setTimeout(end, 60);
    else request.on('end', end);
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A line for whoever watches. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `node tests/faults/calling-crash.ts [--rounds N] [--seed S]` */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' } },
  });
  const rounds = Number(values.rounds);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
    say('usage: node tests/faults/calling-crash.ts [--rounds <1 or more>] [--seed <whole number>]');
    process.exitCode = 2;
    return;
  }
  say(`${rounds} rounds, seed ${seed}`);
  const onRound = (round: number, calls: number): void => say(`${round}/${rounds}  ${calls} calls on record`);
  const { failures, ...figures } = await crashWhileCalling({ rounds, seed, onRound });
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  if (failures.length === 0) return;
  say(`FAILED with seed ${seed}\n${failures.slice(0, 50).join('\n')}`);
  process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main();
