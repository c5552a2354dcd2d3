import type { Drill } from '../drill.ts';
import { readSource } from '../security/twin-source.ts';
import { drillTeam } from './drill-team.ts';
import { twinSource } from './provider-requests.ts';
import { isTaken, type Sent, sendAll } from './send-all.ts';
import { judgeFastAnswers } from './source.answers-fast-while-work-waits.rules.ts';
import { quantile } from './verdict.rules.ts';

const heldMs = 60_000;
const leastHeldMs = 3_000;
const webhooks = 100;
const concurrency = 4;
const deliveredWithinMs = 60_000;

/** What the requests to the source itself took in the last days is not on record, and not looked at. */
export const answersFastWhileWorkWaits: Drill = {
  checkId: 'source.answers-fast-while-work-waits',
  subject: 'source',
  version: 1,
  does: 'Sends webhooks to a twin of the source on a second gateway while the endpoint that takes them stands still.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    // One credential will do: what is measured is how long the work lasts.
    const { kinds: _all, ...settings } = await readSource(stage.gateway, stage.teamId, subject.id);
    const node = await stage.node();
    const team = await drillTeam(node);
    const twin = await twinSource(team, settings);
    const receiver = await stage.receiver();
    const retry = { scheduleSeconds: [1, 1, 1, 1, 1], timeoutMs: 90_000 };
    await team.endpoint({ url: receiver.url, eventTypes: ['*'], retry, concurrency: webhooks });
    const notifications = await twin.notifications(2 * webhooks);
    const send = (from: number): Promise<Sent[]> =>
      sendAll(notifications.slice(from, from + webhooks), {
        gateway: node,
        signal: stage.signal,
        concurrency,
        timeoutMs: 30_000,
      });

    const free = await send(0);
    await stage.until(() => Promise.resolve(receiver.requests.length >= webhooks ? true : null), deliveredWithinMs);
    const freeP99Ms = rounded(quantile(timesOf(free), 0.99));
    stage.note('With a receiver that answers at once.', { provider: settings.provider, webhooks, p99Ms: freeP99Ms });
    stage.progress(1, 3);

    const holdMs = stage.paced(heldMs, leastHeldMs);
    const heldFrom = receiver.requests.length;
    const releaseAtMs = Date.now() + holdMs;
    receiver.answerWith(() => ({ status: 200, afterMs: Math.max(0, releaseAtMs - Date.now()) }));
    const held = await send(webhooks);
    const times = timesOf(held);
    const p99Ms = rounded(quantile(times, 0.99));
    const succeededBefore = await countSucceeded();
    const deliveredMeanwhile = Date.now() < releaseAtMs ? succeededBefore - free.filter(isTaken).length : 0;
    stage.note('With a receiver that answers nothing.', { forMs: holdMs, taken: held.filter(isTaken).length, p99Ms });
    stage.progress(2, 3);
    await stage.pause(releaseAtMs - Date.now());
    await stage.until(async () => ((await countSucceeded()) >= 2 * webhooks ? true : null), deliveredWithinMs);
    const deliveredLater = (await countSucceeded()) - free.filter(isTaken).length;
    stage.note('The receiver goes on.', { delivered: deliveredLater, requests: receiver.requests.length - heldFrom });
    stage.progress(3, 3);
    return judgeFastAnswers({
      freeP99Ms,
      heldMs: holdMs,
      webhooks,
      taken: held.filter(isTaken).length,
      p99Ms,
      slowestMs: rounded(Math.max(...times)),
      deliveredMeanwhile,
      deliveredLater,
    });

    async function countSucceeded(): Promise<number> {
      return (await team.list('/deliveries?state=succeeded')).length;
    }
  },
};

function timesOf(all: readonly Sent[]): number[] {
  return all.map(({ tookMs }) => tookMs);
}

function rounded(ms: number): number {
  return Math.round(ms);
}
