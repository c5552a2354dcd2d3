import type { Drill } from '../drill.ts';
import type { Stage } from '../stage.ts';
import { type DrillTeam, drillTeam, metricOf, teamAt } from '../reliability/drill-team.ts';
import { twinSource } from '../reliability/provider-requests.ts';
import { isTaken, sendAll } from '../reliability/send-all.ts';
import { judgePushBack } from './queue.pushes-back-when-full.rules.ts';

const [type, heldType] = ['drill.pushed', 'drill.held'];
const perSecond = 10;
const pressMs = 20_000;
const leastPressMs = 3_000;
/** Five times as much as is taken. */
const workers = 10;
const bodyBytes = 240_000;
const heldBytes = 160 * 1024 * 1024;
const spoolMb = 1;
const webhooks = 1_500;
const arrivesWithinMs = 90_000;

export const pushesBackWhenFull: Drill = {
  checkId: 'queue.pushes-back-when-full',
  subject: 'gateway',
  version: 1,
  does: 'Gives a second gateway with low limits more than it takes: posts, events that wait, and webhooks without its database.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const limits = { POSTHORN_REQUESTS_PER_SECOND: String(perSecond), POSTHORN_SPOOL_MAX_MB: String(spoolMb) };
    const node = await stage.node({ database, environment: limits, ready: false });
    await stage.until(async () => ((await node.call('GET', '/readyz')).status === 200 ? true : null), 30_000);
    const team = await drillTeam(node, [type, heldType]);
    // The operator's key is not limited.
    const unlimited = teamAt(node, { id: team.id, key: node.operatorKey });
    const receiver = await stage.receiver();
    await unlimited.endpoint({ url: receiver.url, eventTypes: [type] });
    const source = await twinSource(unlimited, { provider: 'goroute' });
    await unlimited.endpoint({ url: `${receiver.url}/in`, eventTypes: ['*'], sources: [source.id] });

    const pressed = await press(stage, team, stage.paced(pressMs, leastPressMs));
    stage.note('More was posted than the key may.', { perSecond, ...pressed });
    stage.progress(1, 4);

    let isHolding = true;
    const stuck = await stage.receiver(() => (isHolding ? 'hang' : { status: 200 }));
    await unlimited.endpoint({
      url: stuck.url,
      eventTypes: [heldType],
      retry: { timeoutMs: 300_000, scheduleSeconds: [1, 1] },
    });
    const warm = await hold(unlimited, 16 * 1024 * 1024);
    const memoryBefore = node.memoryBytes();
    const held = await hold(unlimited, heldBytes);
    const memoryGrowthBytes = node.memoryBytes() - memoryBefore;
    stage.note('An endpoint answers nothing, and its events wait.', { ...held, memoryGrowthBytes });
    stage.progress(2, 4);
    isHolding = false;

    const notifications = await source.notifications(webhooks);
    await database.cut();
    const sent = await sendAll(notifications, {
      gateway: node,
      signal: stage.signal,
      concurrency: 8,
      timeoutMs: 20_000,
    });
    const spooled = sent.filter(isTaken).length;
    const spoolPushedBack = sent.filter(({ status }) => status === 503).length;
    stage.note('Webhooks came without the database, until the spool was full.', { webhooks, spooled, spoolPushedBack });
    await database.restore();
    const roomAtMs = Date.now();
    const again = await stage.until(async () => {
      const { status } = await unlimited.call('POST', '/events', { type, payload: { after: true } });
      return status === 202 ? Date.now() - roomAtMs : null;
    }, 30_000);
    stage.note('There is room again.', { takesAgainAfterMs: again });
    stage.progress(3, 4);

    const expected = pressed.accepted + spooled + 1;
    const arrived = (): number => new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size;
    await stage.until(
      async () => (arrived() >= expected && (await metricOf(node, 'posthorn_spool_records')) === 0 ? true : null),
      arrivesWithinMs,
    );
    stage.note('What arrived of what was accepted.', { expected, arrived: arrived() });
    stage.progress(4, 4);
    return judgePushBack({
      ...pressed,
      webhooks,
      spooled,
      spoolPushedBack,
      spoolOtherwise: sent.length - spooled - spoolPushedBack,
      heldBytes: warm.bytes + held.bytes,
      memoryGrowthBytes,
      expected,
      arrived: arrived(),
      takesAgainAfterMs: again,
    });
  },
};

async function press(
  stage: Stage,
  team: DrillTeam,
  lastsMs: number,
): Promise<{ posts: number; accepted: number; pushedBack: number; otherwise: number }> {
  const counts = { posts: 0, accepted: 0, pushedBack: 0, otherwise: 0 };
  const endsAtMs = Date.now() + lastsMs;
  const work = async (): Promise<void> => {
    while (Date.now() < endsAtMs) {
      stage.signal.throwIfAborted();
      const { status, headers } = await team.call('POST', '/events', { type, payload: { pressed: true } });
      counts.posts += 1;
      if (status === 202) counts.accepted += 1;
      else if ((status === 429 || status === 503) && Number(headers.get('retry-after')) > 0) counts.pushedBack += 1;
      else counts.otherwise += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return counts;
}

/** Posts until so much waits for the endpoint that answers nothing. */
async function hold(team: DrillTeam, wantedBytes: number): Promise<{ events: number; bytes: number }> {
  const fill = 'x'.repeat(bodyBytes);
  const held = { events: 0, bytes: 0 };
  while (held.bytes < wantedBytes) {
    const { status } = await team.call('POST', '/events', { type: heldType, payload: { fill } });
    if (status !== 202) break;
    held.events += 1;
    held.bytes += bodyBytes;
  }
  return held;
}
