import type { Drill } from '../drill.ts';
import type { ReceivedRequest } from '../stage.ts';
import { judgeBackoff } from './call.backs-off-on-429-and-5xx.rules.ts';
import { answerByPath, readConnection, twinConnection } from './twin-connection.ts';
import { quantile } from './verdict.rules.ts';

const askedSeconds = 2;
const failing = 40;
const posts = 5;
const usual = 10;
/** With fewer retries nothing can grow, with more the drill takes long. */
const fewestRetries = 2;
const mostRetries = 4;
/** Waits are stretched to this, so that what the machine does meanwhile does not hide them; their bounds by as much. */
const drilledBaseMs = 1_000;
const longestMs = 300_000;

export const backsOff: Drill = {
  checkId: 'call.backs-off-on-429-and-5xx',
  subject: 'connection',
  version: 1,
  does: 'Calls a server that answers 429 and 503 through a twin of the connection, and measures the time between tries.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 300,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { retries } = connection.policy;
    const most = Math.min(mostRetries, Math.max(fewestRetries, retries.most));
    const mostMs = Math.min(longestMs, Math.round((retries.mostMs * drilledBaseMs) / retries.baseMs));
    const headers = { 'retry-after': String(askedSeconds) };
    const provider = await stage.receiver(
      answerByPath((what, number) => {
        if (what.startsWith('usual')) return { status: 200 };
        if (what === 'asked') return number === 1 ? { status: 429, headers } : { status: 200 };
        return { status: 503 };
      }),
    );
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: {
        retries: { most, baseMs: drilledBaseMs, mostMs: Math.max(drilledBaseMs, mostMs) },
        // What opens, or waits for a turn, is not what is looked at.
        breaker: { minimumCalls: 100_000 },
        concurrency: { most: 128, waiting: 1_000, waitMs: 60_000 },
      },
      freeBudgets: true,
    });
    stage.note('The twin tries again.', { retriesMost: most, baseMs: drilledBaseMs, mostMs });

    const calls = (prefix: string, count: number, method = 'GET') =>
      Array.from({ length: count }, (_, index) =>
        twin.call(method, twin.path(`${prefix}-${index}`), method === 'POST' ? { body: '{}' } : {}),
      );
    await Promise.all(calls('usual-first', 5));
    const usualAnswers = await Promise.all(calls('usual', usual));
    // By itself: a Retry-After holds back all calls of the connection, and would stretch the waits of the others.
    await twin.call('GET', twin.path('asked'));
    await Promise.all(calls('failing', failing));
    await Promise.all(calls('posted', posts, 'POST'));
    const sent = byPath(provider.requests);
    const waitsOf = (path: string): number[] => {
      const times = sent.get(path) ?? [];
      return times.slice(1).map((at, index) => at - (times[index] ?? at));
    };
    const named = (prefix: string): string[] => [...sent.keys()].filter((path) => path.includes(`/${prefix}-`));
    const triesMost = (prefix: string): number =>
      Math.max(0, ...named(prefix).map((path) => sent.get(path)?.length ?? 0));
    const [asked] = waitsOf([...sent.keys()].find((path) => path.endsWith('/asked')) ?? '');
    stage.note('All calls have ended.', { calls: failing + posts + 1, requests: provider.requests.length });
    return judgeBackoff({
      baseMs: retries.baseMs,
      mostMs: retries.mostMs,
      drilledBaseMs,
      retriesMost: most,
      askedMs: askedSeconds * 1000,
      waitedAskedMs: asked ?? null,
      waits: named('failing').map(waitsOf),
      triesMost: triesMost('failing'),
      postTriesMost: triesMost('posted'),
      usualMs: quantile(
        usualAnswers.map(({ tookMs }) => tookMs),
        0.5,
      ),
    });
  },
};

function byPath(requests: readonly ReceivedRequest[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { path, atMs } of requests) times.set(path, [...(times.get(path) ?? []), atMs]);
  return times;
}
