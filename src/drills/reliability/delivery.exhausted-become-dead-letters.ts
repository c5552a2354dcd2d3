import type { Drill } from '../drill.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { judgeDeadLetters, type RefusedFacts } from './delivery.exhausted-become-dead-letters.rules.ts';
import { type DeliveryRow, type DrillTeam, drillTeam, metricOf } from './drill-team.ts';
import { sendAsProvider, twinSource } from './provider-requests.ts';

const type = 'drill.refused';
const eventsEach = 2;
const retries = 1;

export const exhaustedBecomeDeadLetters: Drill = {
  checkId: 'delivery.exhausted-become-dead-letters',
  subject: 'gateway',
  version: 1,
  does: 'Lets endpoints of a second gateway refuse events of the API and of a source until they are given up, and replays them.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const refuses = await stage.receiver(() => ({ status: 503 }));
    const takes = await stage.receiver();
    const retry = { scheduleSeconds: Array.from({ length: retries }, () => 1) };
    const source = await twinSource(team, { provider: 'goroute' });
    const ofApi = await team.endpoint({ url: `${refuses.url}/api`, eventTypes: [type], retry });
    const fromSource = { eventTypes: ['*'], sources: [source.id], retry };
    const ofSource = await team.endpoint({ ...fromSource, url: `${refuses.url}/source` });
    await team.endpoint({ ...fromSource, url: takes.url });
    stage.note('Two endpoints answer 503 to everything; a third takes what comes in by the source.');
    stage.progress(1, 4);

    const before = (await metricOf(node, deadCount, '"dead"')) ?? 0;
    for (let index = 0; index < eventsEach; index += 1) await team.publish(type, { index });
    for (const notification of await source.notifications(eventsEach)) {
      await sendAsProvider(notification.request(node), stage.signal);
    }
    stage.note('Events were accepted.', { api: eventsEach, source: eventsEach });
    const deaths = await Promise.all([
      watchDeaths(stage, team, refuses, ofApi.id, '/api'),
      watchDeaths(stage, team, refuses, ofSource.id, '/source'),
    ]);
    const counted = ((await metricOf(node, deadCount, '"dead"')) ?? 0) - before;
    stage.note('The attempts are used up.', { dead: deaths[0].dead + deaths[1].dead, counted });
    stage.progress(2, 4);

    const readable = [await readableBodies(team, refuses, '/api'), await readableBodies(team, refuses, '/source')];
    const sentBefore = refuses.requests.length;
    refuses.answerWith(() => ({ status: 200 }));
    stage.note('The endpoints answer 200 from now on; one is replayed by filter, the other recovered.');
    const resent = [
      await waitForReplay(stage, team, () =>
        team.want('POST', '/replays', { filter: { states: ['dead'], endpoint: ofApi.id } }),
      ),
      await waitForReplay(stage, team, () =>
        team.want('POST', `/endpoints/${ofSource.id}/recover`, {
          since: new Date(Date.now() - 3_600_000).toISOString(),
        }),
      ),
    ];
    stage.progress(3, 4);
    const later = await Promise.all(
      (
        [
          [ofApi.id, '/api'],
          [ofSource.id, '/source'],
        ] as const
      ).map(([endpointId, path]) => deliveredLater(stage, team, refuses, { endpointId, path, from: sentBefore })),
    );
    stage.note('After the replay.', { arrived: later[0] ?? 0, arrivedOfSource: later[1] ?? 0 });
    const others = await stage.until(
      () => Promise.resolve(takes.requests.length >= eventsEach ? takes.requests.length : null),
      10_000,
    );
    const refused = deaths.map(
      (death, index): RefusedFacts => ({
        from: index === 0 ? 'api' : 'source',
        events: eventsEach,
        ...death,
        readable: readable[index] ?? 0,
        resent: resent[index] ?? 0,
        deliveredLater: later[index] ?? 0,
      }),
    );
    stage.progress(4, 4);
    return judgeDeadLetters({
      refused,
      counted,
      others: { events: eventsEach, delivered: others ?? takes.requests.length },
    });
  },
};

const deadCount = 'posthorn_deliveries_settled_total';
const patienceMs = 15_000;

/** Waits until as many are dead as events were sent, and measures how long after the last request each was. */
async function watchDeaths(
  stage: Stage,
  team: DrillTeam,
  receiver: DrillReceiver,
  endpointId: string,
  path: string,
): Promise<Pick<RefusedFacts, 'dead' | 'exhausted' | 'slowestMs'>> {
  const seenAtMs = new Map<string, number>();
  let rows: DeliveryRow[] = [];
  await stage.until(async () => {
    rows = await team.list<DeliveryRow>(`/deliveries?state=dead&endpoint=${endpointId}`);
    for (const { eventId } of rows) if (!seenAtMs.has(eventId)) seenAtMs.set(eventId, Date.now());
    return rows.length >= eventsEach ? rows : null;
  }, patienceMs);
  const waits = rows.map(({ eventId }) => {
    const sent = receiver.requests.filter(
      (request) => request.path === path && request.headers['webhook-id'] === eventId,
    );
    return (seenAtMs.get(eventId) ?? 0) - Math.max(...sent.map(({ atMs }) => atMs));
  });
  return {
    dead: rows.length,
    exhausted: rows.filter(({ attemptCount }) => attemptCount === retries + 1).length,
    slowestMs: rows.length < eventsEach ? null : Math.max(0, ...waits),
  };
}

/** Events of one place whose stored body is what that place was sent. Of API events the payload is in an envelope. */
async function readableBodies(team: DrillTeam, receiver: DrillReceiver, path: string): Promise<number> {
  const sent = new Map(
    receiver.requests
      .filter((request) => request.path === path)
      .map(({ headers, body }) => [headers['webhook-id'], body]),
  );
  let readable = 0;
  for (const [eventId, body] of sent) {
    const stored = await team.call('GET', `/events/${eventId}/body?reveal=true`);
    const wanted = JSON.stringify(JSON.parse(Buffer.from(body).toString()));
    if (stored.status === 200 && JSON.stringify(stored.body) === wanted) readable += 1;
  }
  return readable;
}

async function waitForReplay(
  stage: Stage,
  team: DrillTeam,
  start: () => Promise<Record<string, unknown>>,
): Promise<number> {
  const { id } = await start();
  const finished = await stage.until(async () => {
    const replay = await team.want('GET', `/replays/${String(id)}`);
    return replay['state'] === 'running' ? null : replay;
  }, patienceMs);
  return Number(finished?.['resent'] ?? 0);
}

async function deliveredLater(
  stage: Stage,
  team: DrillTeam,
  receiver: DrillReceiver,
  { endpointId, path, from }: { endpointId: string; path: string; from: number },
): Promise<number> {
  const first = new Map<string | undefined, Uint8Array>();
  for (const { path: place, headers, body } of receiver.requests.slice(0, from)) {
    if (place === path) first.set(headers['webhook-id'], body);
  }
  const succeeded = await stage.until(async () => {
    const rows = await team.list<DeliveryRow>(`/deliveries?state=succeeded&endpoint=${endpointId}`);
    return rows.length >= eventsEach ? rows : null;
  }, patienceMs);
  const again = receiver.requests.slice(from).filter(({ path: place, headers, body }) => {
    const before = first.get(headers['webhook-id']);
    return place === path && before !== undefined && Buffer.from(before).equals(Buffer.from(body));
  });
  return succeeded === null ? 0 : new Set(again.map(({ headers }) => headers['webhook-id'])).size;
}
