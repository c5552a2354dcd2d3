import type { Drill } from '../drill.ts';
import { readConnection, twinConnection } from '../reliability/twin-connection.ts';
import { judgeBulk } from './call.bulk-concurrency-bounded.rules.ts';

const calls = 300;
/** Long enough that as many as may be are out together, also on a slow machine. */
const takesMs = 1_500;
/** Fewer at once would take longer than a drill may: their answers come sooner. */
const hurried = 20;
const hurriedMs = 200;
const patienceMs = 300_000;

export const bulkBounded: Drill = {
  checkId: 'call.bulk-concurrency-bounded',
  subject: 'connection',
  version: 1,
  does: 'Makes 300 calls at once through a twin of the connection, to a server that counts how many it has together.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { most } = connection.policy.concurrency;
    const afterMs = most < hurried ? hurriedMs : takesMs;
    const spans: { from: number; to: number }[] = [];
    const provider = await stage.receiver(({ atMs }) => {
      // It is over when the answer is on its way, which is not before its time.
      spans.push({ from: atMs, to: atMs + afterMs });
      return { status: 200, body: '{}', afterMs };
    });
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: { concurrency: { waiting: calls, waitMs: patienceMs }, timeouts: { totalMs: patienceMs } },
      freeBudgets: true,
    });
    stage.note('Calls go out together.', { calls, concurrencyMost: most });
    let ended = 0;
    const answers = await Promise.all(
      Array.from({ length: calls }, async (_, index) => {
        const answer = await twin.call('GET', twin.path(index), { withinMs: patienceMs });
        ended += 1;
        stage.progress(ended, calls);
        return answer;
      }),
    );
    const facts = {
      calls,
      concurrencyMost: most,
      atOnce: mostAtOnce(spans),
      answered: answers.filter(({ status }) => status === 200).length,
      limited: answers.filter(({ status }) => status === 429).length,
    };
    stage.note('All calls have ended.', facts);
    return judgeBulk(facts);
  },
};

function mostAtOnce(spans: readonly { from: number; to: number }[]): number {
  const turns = spans.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  turns.sort((one, other) => one.at - other.at || one.by - other.by);
  let [now, most] = [0, 0];
  for (const { by } of turns) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
