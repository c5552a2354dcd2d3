import type { Drill } from '../drill.ts';
import type { DrillNode, Stage } from '../stage.ts';
import { type DrillTeam, drillTeam, metricOf } from './drill-team.ts';
import { judgeSpool } from './outage.inbound-spools-without-database.rules.ts';
import { twinSource } from './provider-requests.ts';
import { isTaken, type Sent, sendAll } from './send-all.ts';
import { compareWithStored, hashOf, readStoredEvents } from './stored-events.ts';

const outageMs = 60_000;
const leastOutageMs = 6_000;
const webhooks = 500;
const type = 'drill.posted';

export const inboundSpools: Drill = {
  checkId: 'outage.inbound-spools-without-database',
  subject: 'gateway',
  version: 1,
  does: 'Takes the database away from a second gateway, kills and starts it meanwhile, and sends webhooks all the time.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database, ready: false });
    const ready = await stage.until(() => isReady(node), 30_000);
    if (ready === null) throw new Error('the second gateway was not ready within 30 s');
    const team = await drillTeam(node, [type]);
    const source = await twinSource(team, { provider: 'documenso' });
    const awayMs = stage.paced(outageMs, leastOutageMs);
    const count = Math.round(stage.paced(webhooks, 60));
    const notifications = await source.notifications(count + 1);
    // The first shows that all is well, and has the source remembered on disk.
    const [first, ...rest] = notifications;
    const [warm] = await sendAll(first === undefined ? [] : [first], {
      gateway: node,
      signal: stage.signal,
      concurrency: 1,
    });
    if (warm === undefined || !isTaken(warm)) throw new Error('the second gateway takes no webhooks');

    await database.cut();
    const cutAtMs = Date.now();
    stage.note('The database is away.', { forMs: awayMs, webhooks: rest.length });
    stage.progress(1, 4);
    const half = Math.floor(rest.length / 2);
    const share = awayMs / 3;
    const before = await sendPaced(stage, node, rest.slice(0, half), share);
    const early = await postToApi(stage, team);
    stage.note('Half of them were sent.', { taken: before.filter(isTaken).length, postsRefused: early.refused });
    await node.restart();
    stage.note('The process was killed and started again, without its database.');
    stage.progress(2, 4);
    const after = await sendPaced(stage, node, rest.slice(half), share);
    const late = await postToApi(stage, team);
    stage.note('The others were sent.', { taken: after.filter(isTaken).length, postsRefused: late.refused });
    await stage.pause(cutAtMs + awayMs - Date.now());
    await database.restore();
    const backAtMs = Date.now();
    stage.note('The database is back.');
    stage.progress(3, 4);

    const sent = [...before, ...after];
    const acknowledged = new Set(sent.filter(isTaken).map(({ body }) => hashOf(body)));
    const drained = await stage.until(async () => {
      if ((await metricOf(node, 'posthorn_spool_records')) !== 0) return null;
      const found = compareWithStored(acknowledged, await readStoredEvents(database));
      return found.missing === 0 ? found : null;
    }, outageMs);
    const found = drained ?? compareWithStored(acknowledged, await readStoredEvents(database));
    const left = await metricOf(node, 'posthorn_spool_records');
    const { missing, doubled } = found;
    stage.note('What is on record.', {
      afterMs: Date.now() - backAtMs,
      acknowledged: acknowledged.size,
      missing,
      doubled,
      left,
    });
    stage.progress(4, 4);
    return judgeSpool({
      outageMs: backAtMs - cutAtMs,
      restarted: after.some(({ status }) => status !== null),
      sent: sent.length,
      acknowledged: acknowledged.size,
      missing,
      doubled,
      posts: early.posts + late.posts,
      refused: early.refused + late.refused,
      left,
    });
  },
};

async function isReady(node: DrillNode): Promise<true | null> {
  const { status } = await node.call('GET', '/readyz');
  return status === 200 ? true : null;
}

/** Spread over the time that there is. */
async function sendPaced(
  stage: Stage,
  node: DrillNode,
  notifications: Parameters<typeof sendAll>[0],
  withinMs: number,
): Promise<Sent[]> {
  const concurrency = 4;
  const pauseMs = (withinMs * concurrency) / Math.max(1, notifications.length);
  return sendAll(notifications, {
    gateway: node,
    signal: stage.signal,
    concurrency,
    timeoutMs: 20_000,
    pause: () => stage.pause(pauseMs),
  });
}

async function postToApi(stage: Stage, team: DrillTeam): Promise<{ posts: number; refused: number }> {
  const posts = 3;
  let refused = 0;
  for (let index = 0; index < posts; index += 1) {
    stage.signal.throwIfAborted();
    const { status, headers } = await team.call('POST', '/events', { type, payload: { index } });
    if (status === 503 && Number(headers.get('retry-after')) > 0) refused += 1;
  }
  return { posts, refused };
}
