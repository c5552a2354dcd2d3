import type { Drill } from '../drill.ts';
import type { Answer, ReceivedRequest, Stage } from '../stage.ts';
import { judgeBreaker } from './breaker.endpoint-holds-and-resumes.rules.ts';
import { type DeliveryRow, type DrillTeam, drillTeam } from './drill-team.ts';
import { readEndpoint, type SubjectEndpoint, twinSettings } from './subject-endpoint.ts';

const type = 'drill.broken';
const failing = 14;
const waiting = 10;
const openedWithinMs = 40_000;
const probeWithinMs = 35_000;
const probeTakesMs = 1_500;
const quietMs = 2_000;
const deliveredWithinMs = 60_000;
/** A slower twin would take longer than a drill may. */
const leastPerSecond = 5;

export const breakerHoldsAndResumes: Drill = {
  checkId: 'breaker.endpoint-holds-and-resumes',
  subject: 'endpoint',
  version: 1,
  does: 'Lets a twin of the endpoint on a second gateway refuse, reset and hang until its breaker opens, and then recover.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage, subject) {
    const endpoint = await readEndpoint(stage, subject);
    const node = await stage.node();
    const team = await drillTeam(node, [type]);
    const [receiver, told] = [await stage.receiver(fails), await stage.receiver()];
    const settings = settingsOf(endpoint);
    const twin = await team.endpoint({ ...settings, url: receiver.url, eventTypes: [type] });
    await team.endpoint({ url: told.url, eventTypes: ['posthorn.endpoint.breaker_opened'] });
    for (let index = 0; index < failing; index += 1) await team.publish(type, { index });
    stage.note('Events go to an endpoint that refuses, resets and hangs.', { events: failing });
    stage.progress(1, 4);

    const opened = await stage.until(() => Promise.resolve(told.requests.length > 0 ? true : null), openedWithinMs);
    // What was under way as it opened may still come in.
    await stage.pause(timeoutMs);
    const failedBefore = await attemptsOf(team, twin.id, failing);
    const requestsBefore = receiver.requests.length;
    const lastFailedAtMs = Math.max(...receiver.requests.map(({ atMs }) => atMs));
    stage.note('The breaker opened.', { attempts: failedBefore, requests: requestsBefore });
    stage.progress(2, 4);

    for (let index = 0; index < waiting; index += 1) await team.publish(type, { waiting: index });
    await stage.pause(quietMs);
    const requestsWhileOpen = receiver.requests.length - requestsBefore;
    const attemptsWhileOpen = await attemptsOf(team, twin.id, waiting);
    stage.note('More events came meanwhile.', {
      events: waiting,
      requests: requestsWhileOpen,
      attempts: attemptsWhileOpen,
    });

    const probeFrom = receiver.requests.length;
    receiver.answerWith((_request, number) => ({ status: 200, afterMs: number === probeFrom + 1 ? probeTakesMs : 0 }));
    const probe = await stage.until(() => Promise.resolve(receiver.requests[probeFrom] ?? null), probeWithinMs);
    await stage.pause(probeTakesMs - 300);
    const besideProbe = probe === null ? 0 : receiver.requests.length - probeFrom - 1;
    stage.note('A probe came.', { afterMs: probe === null ? null : probe.atMs - lastFailedAtMs, beside: besideProbe });
    stage.progress(3, 4);

    const events = failing + waiting;
    const rows = await deliveriesOnceAll(stage, team, twin.id, events);
    const delivered = rows.filter(({ state }) => state === 'succeeded').length;
    stage.note('The endpoint answers again.', { delivered });
    stage.progress(4, 4);
    return judgeBreaker({
      failedBefore: opened === null ? null : failedBefore,
      concurrency: endpoint.concurrency,
      told: new Set(told.requests.map(({ headers }) => headers['webhook-id'])).size,
      waiting,
      attemptsWhileOpen,
      requestsWhileOpen,
      probeAfterMs: probe === null ? null : probe.atMs - lastFailedAtMs,
      besideProbe,
      events,
      delivered,
      unseenAttempts: rows.filter(({ eventId, attemptCount }) => attemptCount > requestsOf(receiver.requests, eventId))
        .length,
      mostPerSecond: mostWithinASecond(receiver.requests.slice(probeFrom + 1)),
      ratePerSecond: settings.rateLimit?.perSecond ?? null,
    });
  },
};

const timeoutMs = 3_000;

const fails: Answer = (_request, number) => (number % 3 === 0 ? 'hang' : number % 3 === 1 ? { status: 500 } : 'reset');

/** Retries of the first come when the breaker is closed again: they are not to be mistaken for what waits. */
function settingsOf(endpoint: SubjectEndpoint) {
  const { rateLimit } = endpoint;
  // Order by key would let one delivery fail at a time.
  return {
    ...twinSettings(endpoint),
    ordering: 'none',
    retry: { scheduleSeconds: [20, 5, 5, 5, 5, 5], timeoutMs },
    rateLimit: rateLimit === null ? null : { perSecond: Math.max(leastPerSecond, rateLimit.perSecond) },
  };
}

/** Attempts on record of so many deliveries, the newest first. */
async function attemptsOf(team: DrillTeam, endpointId: string, newest: number): Promise<number> {
  const rows = await team.list<DeliveryRow>(`/deliveries?endpoint=${endpointId}`);
  return rows.slice(0, newest).reduce((sum, { attemptCount }) => sum + attemptCount, 0);
}

async function deliveriesOnceAll(
  stage: Stage,
  team: DrillTeam,
  endpointId: string,
  events: number,
): Promise<DeliveryRow[]> {
  const read = (): Promise<DeliveryRow[]> => team.list<DeliveryRow>(`/deliveries?endpoint=${endpointId}`);
  const all = await stage.until(async () => {
    const rows = await read();
    return rows.filter(({ state }) => state === 'succeeded').length >= events ? rows : null;
  }, deliveredWithinMs);
  return all ?? (await read());
}

function requestsOf(requests: readonly ReceivedRequest[], eventId: string): number {
  return requests.filter(({ headers }) => headers['webhook-id'] === eventId).length;
}

function mostWithinASecond(requests: readonly ReceivedRequest[]): number {
  const times = requests.map(({ atMs }) => atMs).toSorted((one, other) => one - other);
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}
