import type { Drill } from '../drill.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { type DeliveryRow, type DrillTeam, drillTeam } from './drill-team.ts';
import { judgeIsolation } from './outage.one-bad-endpoint-isolated.rules.ts';
import { quantile } from './verdict.rules.ts';

const type = 'drill.all';
const mostEndpoints = 100;
const leastEndpoints = 25;
const phaseMs = 40_000;
const leastPhaseMs = 5_000;
const eventEveryMs = 500;
const hangMs = 30_000;
const leastHangMs = 15_000;
const badPath = '/0';

export const oneBadEndpointIsolated: Drill = {
  checkId: 'outage.one-bad-endpoint-isolated',
  subject: 'gateway',
  version: 1,
  does: 'Sends events to a hundred endpoints of a second gateway, first while all answer, then while one of them hangs.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const receiver = await stage.receiver();
    const endpoints = Math.round(stage.paced(mostEndpoints, leastEndpoints));
    let bad = '';
    for (let index = 0; index < endpoints; index += 1) {
      const retry = { scheduleSeconds: [3_600], timeoutMs: 60_000 };
      const { id } = await team.endpoint({ url: `${receiver.url}/${index}`, eventTypes: [type], retry });
      if (index === 0) bad = id;
    }
    const lastsMs = stage.paced(phaseMs, leastPhaseMs);
    stage.note('Events begin to go to all endpoints.', { endpoints, everyMs: eventEveryMs, eachPhaseMs: lastsMs });
    const free = await sendPhase(stage, team, receiver, { endpoints, lastsMs });
    stage.note('All answered at once.', { events: free.events, p99Ms: free.p99Ms });
    stage.progress(1, 2);

    const memoryBefore = node.memoryBytes();
    const slowMs = stage.paced(hangMs, leastHangMs);
    receiver.answerWith(({ path }) => ({ status: 200, afterMs: path === badPath ? slowMs : 0 }));
    const held = await sendPhase(stage, team, receiver, { endpoints, lastsMs });
    const memoryGrowthBytes = node.memoryBytes() - memoryBefore;
    stage.note('One took long for every request.', {
      events: held.events,
      p99Ms: held.p99Ms,
      takesMs: slowMs,
      memoryGrowthBytes,
    });
    const rows = await team.list<DeliveryRow>(`/deliveries?endpoint=${bad}`);
    stage.progress(2, 2);
    return judgeIsolation({
      endpoints,
      freeP99Ms: free.p99Ms,
      heldP99Ms: held.p99Ms,
      expected: (free.events + held.events) * (endpoints - 1),
      arrived: free.arrived + held.arrived,
      badOnRecord: rows.length,
      events: free.events + held.events,
      memoryGrowthBytes,
    });
  },
};

/** Posts for so long, waits until the others have everything, and measures from each post to each arrival there. */
async function sendPhase(
  stage: Stage,
  team: DrillTeam,
  receiver: DrillReceiver,
  { endpoints, lastsMs }: { endpoints: number; lastsMs: number },
): Promise<{ events: number; arrived: number; p99Ms: number }> {
  const from = receiver.requests.length;
  const postedAtMs = new Map<string, number>();
  const startedAtMs = Date.now();
  while (Date.now() - startedAtMs < lastsMs) {
    const atMs = Date.now();
    postedAtMs.set(await team.publish(type, { drill: 'all' }), atMs);
    await stage.pause(atMs + eventEveryMs - Date.now());
  }
  const expected = postedAtMs.size * (endpoints - 1);
  const arrivals = (): number[] =>
    receiver.requests.slice(from).flatMap(({ path, headers, atMs }) => {
      const posted = postedAtMs.get(headers['webhook-id'] ?? '');
      return path === badPath || posted === undefined ? [] : [atMs - posted];
    });
  await stage.until(() => Promise.resolve(arrivals().length >= expected ? true : null), 60_000);
  const times = arrivals();
  return { events: postedAtMs.size, arrived: times.length, p99Ms: quantile(times, 0.99) };
}
