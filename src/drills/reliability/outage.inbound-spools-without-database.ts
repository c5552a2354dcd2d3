import type { Drill } from '../drill.ts';
import type { DrillDatabase, DrillNode, Stage } from '../stage.ts';
import { crashUnderTraffic, servesAgain } from './crash-under-traffic.ts';
import { type DrillTeam, drillTeam, metricOf } from './drill-team.ts';
import { judgeSpool } from './outage.inbound-spools-without-database.rules.ts';
import { twinSource } from './provider-requests.ts';
import { isTaken, type Sent, sendAll } from './send-all.ts';
import { compareWithStored, hashOf, readStoredEvents } from './stored-events.ts';

const outageMs = 60_000;
const leastOutageMs = 6_000;
const webhooks = 500;
const amongKill = 300;
const type = 'drill.posted';

export const inboundSpools: Drill = {
  checkId: 'outage.inbound-spools-without-database',
  subject: 'gateway',
  version: 2,
  does: 'Kills the database server of a second gateway among webhooks and posts, starts it, and kills it for a minute, in which the gateway is killed and started too.',
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
    const busy = Math.round(stage.paced(amongKill, 100));
    const notifications = await source.notifications(1 + busy + count);
    // The first shows that all is well, and has the source remembered on disk.
    const [first, ...others] = notifications;
    const rest = others.slice(busy);
    const [warm] = await sendAll(first === undefined ? [] : [first], {
      gateway: node,
      signal: stage.signal,
      concurrency: 1,
    });
    if (warm === undefined || !isTaken(warm)) throw new Error('the second gateway takes no webhooks');

    const starts = [await serverStart(database)];
    const scene = { database, node, team, type };
    const crashed = await crashUnderTraffic(stage, scene, others.slice(0, busy));
    starts.push(await serverStart(database));
    stage.progress(1, 5);

    await database.crash();
    const awayAtMs = Date.now();
    stage.note('The database server was killed with kill -9, and stays away.', {
      forMs: awayMs,
      webhooks: rest.length,
    });
    stage.progress(2, 5);
    const half = Math.floor(rest.length / 2);
    const share = awayMs / 3;
    const before = await sendPaced(stage, node, rest.slice(0, half), share);
    const early = await postToApi(stage, team);
    stage.note('Half of them were sent.', { taken: before.filter(isTaken).length, postsRefused: early.refused });
    await node.restart();
    stage.note('The process was killed and started again, without its database.');
    stage.progress(3, 5);
    const after = await sendPaced(stage, node, rest.slice(half), share);
    const late = await postToApi(stage, team);
    stage.note('The others were sent.', { taken: after.filter(isTaken).length, postsRefused: late.refused });
    await stage.pause(awayAtMs + awayMs - Date.now());
    await database.recover();
    const backAtMs = Date.now();
    starts.push(await serverStart(database));
    const againAfterOutageMs = await servesAgain(stage, scene);
    stage.note('The database server was started again.', { againAfterMs: againAfterOutageMs });
    stage.progress(4, 5);

    const sent = [...before, ...after];
    const acknowledged = new Set([...crashed.sent, ...sent].filter(isTaken).map(({ body }) => hashOf(body)));
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
    stage.progress(5, 5);
    return judgeSpool({
      serverStarts: new Set(starts).size,
      takenBeforeKill: crashed.takenBefore,
      posted: crashed.posted,
      postsLost: crashed.postsLost,
      againAfterKillMs: crashed.againAfterMs,
      againAfterOutageMs,
      outageMs: backAtMs - awayAtMs,
      restarted: after.some(({ status }) => status !== null),
      sent: sent.length,
      acknowledged: sent.filter(isTaken).length,
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

/** Of the database server. */
async function serverStart(database: DrillDatabase): Promise<string> {
  const [row] = await database.query<{ at: string }>('SELECT pg_postmaster_start_time()::text AS at');
  return row?.at ?? '';
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
