import type { Drill } from '../drill.ts';
import { healthOfTwin, readConnection, twinConnection } from '../reliability/twin-connection.ts';
import type { Answer } from '../stage.ts';
import { judgeHealth, type SeenHealth } from './health.provider-status-true.rules.ts';

const states: readonly (readonly [was: SeenHealth['was'], answer: Answer])[] = [
  ['well', () => ({ status: 200, body: '{}' })],
  ['refuses', () => ({ status: 401, body: '{}' })],
  ['fails', () => ({ status: 500, body: '{}' })],
  ['hangs', () => 'hang'],
  ['well again', () => ({ status: 200, body: '{}' })],
];
const hangMs = 500;
const shownWithinMs = 60_000;
const leastShownMs = 5_000;

/** The page tells what calls met: the gateway probes nobody by itself, which the drill holds it to as well. */
export const providerStatusTrue: Drill = {
  checkId: 'health.provider-status-true',
  subject: 'connection',
  version: 1,
  does: 'Lets a server refuse, fail, hang and recover behind a twin of the connection, and reads the page on its provider.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const provider = await stage.receiver();
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: { retries: { most: 0 }, timeouts: { firstByteMs: hangMs }, breaker: { minimumCalls: 100_000 } },
      freeBudgets: true,
    });
    const startedAtMs = Date.now();
    const seen: SeenHealth[] = [];
    let calls = 0;
    for (const [was, answer] of states) {
      provider.answerWith(answer);
      const fromMs = Date.now();
      calls += 1;
      await twin.call('GET', twin.path(calls));
      const isWell = was === 'well' || was === 'well again';
      // The page is told of times in whole milliseconds, and of what came before.
      const shown = await stage.until(
        async () => {
          const { lastSuccessAt, lastError } = await healthOfTwin(twin, connection.provider);
          const at = isWell ? lastSuccessAt : (lastError?.at ?? null);
          return at !== null && Date.parse(at) >= fromMs ? Date.now() : null;
        },
        stage.paced(shownWithinMs, leastShownMs),
      );
      const { lastSuccessAt, lastError } = await healthOfTwin(twin, connection.provider);
      const saysWell = lastSuccessAt !== null && (lastError === null || lastSuccessAt > lastError.at);
      const shownAfterMs = shown === null ? null : shown - fromMs;
      seen.push({ was, error: isWell ? null : (lastError?.error ?? null), shownAfterMs, saysWell });
      stage.note(`The provider was: ${was}.`, { shownAfterMs, error: lastError?.error ?? null, saysWell });
      stage.progress(seen.length, states.length);
      // Two of them in one millisecond could not be told apart.
      await stage.pause(20);
    }
    // Calls were not tried again, so that all other requests are the gateway's own.
    const asked = provider.requests.length - calls;
    const askedMost = 1 + Math.ceil((Date.now() - startedAtMs) / 60_000);
    return judgeHealth({ seen, asked, askedMost });
  },
};
