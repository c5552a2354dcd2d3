import type { Drill } from '../drill.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { drillTeam, type DrillTeam } from '../reliability/drill-team.ts';
import { quantile } from '../reliability/verdict.rules.ts';
import { judgeBackground } from './batch.runs-in-background.rules.ts';

const type = 'drill.many';
const events = 1_000;
const replaySeconds = 10;
const samples = 40;
const allWithinMs = 60_000;

export const runsInBackground: Drill = {
  checkId: 'batch.runs-in-background',
  subject: 'gateway',
  version: 1,
  does: 'Posts a batch and starts a replay of a thousand on a second gateway, kills it in the middle and starts it again.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database, environment: { POSTHORN_TEST_LEASE_SECONDS: '4' } });
    const team = await drillTeam(node, [type]);
    const receiver = await stage.receiver();
    const { id: endpoint } = await team.endpoint({ url: receiver.url, eventTypes: [type] });
    const freeP95Ms = await p95OfReads(stage, team);
    const batch = { events: Array.from({ length: events }, (_, index) => ({ type, payload: { index } })) };
    const batchMs = await timed(() => team.want('POST', '/events/batch', batch));
    stage.note('A batch was posted.', { events, answeredAfterMs: batchMs, p95OfOthersMs: freeP95Ms });
    const delivered = await countOnce(stage, receiver, 0);
    stage.note('Its events were delivered.', { delivered });
    stage.progress(1, 3);

    const from = receiver.requests.length;
    const filter = { states: ['succeeded'], endpoint };
    await onRecord(stage, team, filter);
    let replayId = '';
    const replayMs = await timed(async () => {
      const { id } = await team.want('POST', '/replays', { filter, ratePerSecond: Math.ceil(events / replaySeconds) });
      replayId = String(id);
    });
    const read = async (): Promise<Progress> => (await team.want('GET', `/replays/${replayId}`)) as Progress;
    const busyP95Ms = await p95OfReads(stage, team);
    let progressSeen = 0;
    const middle = await stage.until(async () => {
      const progress = await read();
      if (progress.state === 'running') progressSeen += 1;
      return progress.state !== 'running' || progress.resent >= events / 3 ? progress : null;
    }, allWithinMs);
    await node.kill();
    stage.note('The process was killed in the middle of a replay.', {
      answeredAfterMs: replayMs,
      resent: middle?.resent ?? 0,
    });
    stage.progress(2, 3);
    await node.restart();
    const ended = await stage.until(async () => {
      const progress = await read();
      return progress.state === 'running' ? null : progress;
    }, allWithinMs);
    const redelivered = await countOnce(stage, receiver, from);
    const last = ended ?? (await read());
    stage.note('It was started again, and went on.', { state: last.state, resent: last.resent, redelivered });
    stage.progress(3, 3);
    return judgeBackground({
      events,
      batchMs,
      replayMs,
      freeP95Ms,
      busyP95Ms,
      progressSeen,
      resentAtKill: middle?.resent ?? 0,
      finished: last.state === 'finished',
      matched: last.matched,
      resent: last.resent,
      delivered,
      redelivered,
    });
  },
};

type Progress = { state: string; matched: number; resent: number };

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await run();
  return Math.round(performance.now() - startedAtMs);
}

async function p95OfReads(stage: Stage, team: DrillTeam): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < samples; index += 1) {
    stage.signal.throwIfAborted();
    times.push(await timed(() => team.want('GET', '/endpoints')));
  }
  return quantile(times, 0.95);
}

/** What has come may not be on record yet, and a replay chooses by what is. */
async function onRecord(stage: Stage, team: DrillTeam, filter: { states: string[]; endpoint: string }): Promise<void> {
  await stage.until(async () => {
    const { matched } = (await team.want('POST', '/replays', { filter, dryRun: true })) as Progress;
    return matched >= events ? true : null;
  }, allWithinMs);
}

/** Waits until every event has come at least once since then, and counts how many have. */
async function countOnce(stage: Stage, receiver: DrillReceiver, from: number): Promise<number> {
  const count = (): number => new Set(receiver.requests.slice(from).map(({ headers }) => headers['webhook-id'])).size;
  await stage.until(() => Promise.resolve(count() >= events ? true : null), allWithinMs);
  return count();
}
