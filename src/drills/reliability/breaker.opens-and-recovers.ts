import type { Drill } from '../drill.ts';
import type { Answer } from '../stage.ts';
import { judgeProviderBreaker, type ProviderBreakerFacts } from './breaker.opens-and-recovers.rules.ts';
import { readConnection, twinConnection } from './twin-connection.ts';

const outageMs = 60_000;
const leastOutageMs = 5_000;
const recoverMs = 30_000;
const leastRecoverMs = 10_000;
const leastOpenMs = 1_000;
/** Long enough for an answer on a slow machine, and short enough for all failures to be within the breaker's window. */
const hangsMs = { least: 300, most: 1_500 };
/** A breaker that takes more failures than this protects nobody. */
const failuresMost = 300;
const together = 4;
const everyMs = 150;
const afterwards = 20;

const fails: Answer = (_request, number) => (number % 3 === 0 ? 'hang' : number % 3 === 1 ? { status: 500 } : 'reset');

/** Retries are left out, so that each call is one failure. */
export const providerBreaker: Drill = {
  checkId: 'breaker.opens-and-recovers',
  subject: 'connection',
  version: 1,
  does: 'Lets a server that fails, resets and hangs stand in for the provider of a twin of the connection, and then recover.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 300,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { breaker } = connection.policy;
    const openMs = stage.paced(breaker.openMs, Math.min(leastOpenMs, breaker.openMs));
    const shareMs = (breaker.windowMs / breaker.minimumCalls) * 0.8;
    const hangMs = Math.round(Math.min(hangsMs.most, Math.max(hangsMs.least, shareMs)));
    const provider = await stage.receiver(fails);
    const twin = await twinConnection(stage, connection, {
      url: provider.url,
      policy: { retries: { most: 0 }, timeouts: { firstByteMs: hangMs }, breaker: { openMs } },
      freeBudgets: true,
    });
    let made = 0;
    const call = () => twin.call('GET', twin.path((made += 1)));

    let failedBefore: number | null = null;
    for (let failures = 0; failures <= failuresMost && failedBefore === null; failures += 1) {
      const { code } = await call();
      if (code === 'provider_unavailable') failedBefore = failures;
    }
    const openedAtMs = provider.requests.at(-1)?.atMs ?? Date.now();
    stage.note('The provider failed until a call was refused.', { failedBefore, requests: provider.requests.length });
    stage.progress(1, 3);

    const seenBefore = provider.requests.length;
    const refusals: ProviderBreakerFacts['refusals'][number][] = [];
    const controlMs: number[] = [];
    let out = 0;
    const untilMs = Date.now() + (failedBefore === null ? 0 : stage.paced(outageMs, leastOutageMs));
    while (Date.now() < untilMs) {
      const answers = await Promise.all(Array.from({ length: together }, call));
      for (const { status, code, tookMs, headers } of answers) {
        // What the provider answered, or did not answer, came of a probe.
        if (code === 'provider_unavailable') {
          refusals.push({ status, code, tookMs, hasRetryAfter: headers.has('retry-after') });
        } else out += 1;
      }
      const controlFromMs = performance.now();
      await twin.node.call('GET', '/livez', { key: null });
      controlMs.push(performance.now() - controlFromMs);
      await stage.pause(everyMs);
    }
    const probes = provider.requests.slice(seenBefore).map(({ atMs }) => atMs - openedAtMs);
    stage.note('Calls came while the provider was down.', { refused: refusals.length, probes: probes.length });
    stage.progress(2, 3);

    provider.answerWith(() => ({ status: 200, body: '{}' }));
    const recoveredAtMs = Date.now();
    const recoverWithinMs = stage.paced(recoverMs, leastRecoverMs);
    const recovered =
      failedBefore === null
        ? null
        : await stage.until(async () => ((await call()).status === 200 ? Date.now() : null), recoverWithinMs);
    const after = await Promise.all(Array.from({ length: recovered === null ? 0 : afterwards }, call));
    const answered = after.filter(({ status }) => status === 200).length;
    stage.note('The provider answers again.', {
      afterMs: recovered === null ? null : recovered - recoveredAtMs,
      calls: after.length,
      answered,
    });
    stage.progress(3, 3);
    return judgeProviderBreaker({
      minimumCalls: breaker.minimumCalls,
      openMs,
      failedBefore,
      refusals,
      others: Math.max(0, out - probes.length),
      probesAtMs: probes,
      controlMs,
      recoveredAfterMs: recovered === null ? null : recovered - recoveredAtMs,
      recoverWithinMs,
      after: { calls: after.length, answered },
    });
  },
};
