import type { Drill } from '../drill.ts';
import type { DeliveryRow, DrillTeam } from '../reliability/drill-team.ts';
import { twinSource } from '../reliability/provider-requests.ts';
import { isTaken, type Sent, sendAll } from '../reliability/send-all.ts';
import { ownTeam, type SubjectEndpoint, twinSettings } from '../reliability/subject-endpoint.ts';
import {
  callingTeam,
  type SubjectConnection,
  type TwinAnswer,
  type TwinConnection,
  twinConnection,
} from '../reliability/twin-connection.ts';
import type { DrillReceiver, Stage } from '../stage.ts';
import { judgeSwitch } from './launch.rollback.switch-off-works.rules.ts';

const endpointsMost = 3;
const [onMs, quietMs, offMs] = [20_000, 30_000, 20_000];
const leastMs = 3_000;
const allWithinMs = 60_000;
const everyMs = 100;
const webhooksMost = 2_000;

/** Calls, and webhooks until it is ended. */
type Load = { sent: Sent[]; calls: TwinAnswer[]; end(): Promise<void> };

export const switchOffWorks: Drill = {
  checkId: 'launch.rollback.switch-off-works',
  subject: 'team',
  version: 1,
  does: "Pauses twins of the team's endpoints and of a connection on a second gateway under load, and makes them active again.",
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const at = await callingTeam(stage);
    const { team } = at;
    const receiver = await stage.receiver();
    const api = await stage.receiver(() => ({ status: 200, body: '{}' }));
    const endpoints = await twinEndpoints(stage, team, receiver);
    const connection = await twinConnection(stage, await anyConnection(stage), { at, url: api.url, freeBudgets: true });
    const source = await twinSource(team, { provider: 'documenso' });
    const load = startLoad(stage, connection, await source.notifications(webhooksMost));
    await stage.pause(stage.paced(onMs, leastMs));
    const before = {
      taken: load.sent.filter(isTaken).length,
      called: load.calls.filter(({ status }) => status === 200).length,
    };
    stage.note('It is on, and under load.', { webhooksTaken: before.taken, calls: before.called });
    stage.progress(1, 3);

    const atMs = Date.now();
    await turn(team, connection, endpoints, 'paused');
    stage.note('The connection and its endpoints were paused, the source was not.', { endpoints: endpoints.length });
    await stage.pause(stage.paced(quietMs, leastMs));
    const isOffAtMs = Date.now();
    const [sentBy, calledBy] = [load.sent.length, load.calls.length];
    const outBy = receiver.requests.length + api.requests.length;
    await stage.pause(stage.paced(offMs, leastMs));
    const isStillQuiet = receiver.requests.length + api.requests.length === outBy;
    const lastAtMs = Math.max(atMs, ...[...receiver.requests, ...api.requests].map((request) => request.atMs));
    const held = await countHeld(team);
    const webhooks = load.sent.slice(sentBy);
    const calls = load.calls.slice(calledBy);
    const isPaused = ({ status, code }: TwinAnswer): boolean => status === 503 && code === 'connection_paused';
    const off = {
      webhooks: webhooks.length,
      refused: webhooks.filter((each) => each.status !== null && !isTaken(each)).length,
      calls: calls.length,
      callsOtherwise: calls.filter((each) => !isPaused(each)).length,
      held,
    };
    const quietAfterMs = isStillQuiet ? lastAtMs - atMs : null;
    const quietForMs = Date.now() - isOffAtMs;
    stage.note('It is off, and still under load.', { ...off, quietAfterMs });
    stage.progress(2, 3);

    await load.end();
    await turn(team, connection, endpoints, 'active');
    stage.note('They were made active again.');
    const taken = load.sent.filter(isTaken).length;
    const expected = taken * endpoints.length;
    const arrivals = (): Map<string, number> => countArrivals(receiver);
    await stage.until(() => Promise.resolve(arrivals().size >= expected ? true : null), allWithinMs);
    const again = await stage.until(
      async () => {
        const { status } = await connection.call('GET', connection.path('again'));
        return status === 200 ? true : null;
      },
      stage.paced(quietMs, 10_000),
    );
    const found = [...arrivals().values()];
    const after = {
      expected,
      unanswered: load.sent.filter(({ status }) => status === null).length,
      missing: Math.max(0, expected - found.length),
      doubled: found.filter((times) => times > 1).length,
      called: again === true,
    };
    stage.note('What arrived.', after);
    stage.progress(3, 3);
    return judgeSwitch({ before, quietAfterMs, quietForMs, off, after });
  },
};

/** Of the first of the team's, or plain ones where it has none. Without limits: the load is not theirs. */
async function twinEndpoints(stage: Stage, team: DrillTeam, receiver: DrillReceiver): Promise<string[]> {
  const own = (await ownTeam(stage).list<SubjectEndpoint>('/endpoints')).slice(0, endpointsMost);
  const made: string[] = [];
  for (const [index, settings] of (own.length === 0 ? [null] : own).entries()) {
    const body = settings === null ? {} : { ...twinSettings(settings), rateLimit: null };
    const { id } = await team.endpoint({ ...body, url: `${receiver.url}/${index}`, eventTypes: ['*'] });
    made.push(id);
  }
  return made;
}

/** The first of the team's, or one of Documenso with a policy that says nothing. */
async function anyConnection(stage: Stage): Promise<SubjectConnection> {
  const [first] = await ownTeam(stage).list<SubjectConnection>('/connections');
  const policy = {} as SubjectConnection['policy'];
  return first ?? { id: '', provider: 'documenso', environment: 'sandbox', status: 'active', policy };
}

async function turn(
  team: DrillTeam,
  connection: TwinConnection,
  endpoints: readonly string[],
  status: 'active' | 'paused',
): Promise<void> {
  await team.want('PATCH', `/connections/${connection.id}`, { status });
  for (const endpoint of endpoints) await team.want('PATCH', `/endpoints/${endpoint}`, { status });
}

function startLoad(stage: Stage, connection: TwinConnection, notifications: Parameters<typeof sendAll>[0]): Load {
  const sent: Sent[] = [];
  const calls: TwinAnswer[] = [];
  const state = { ended: false };
  const call = async (): Promise<void> => {
    for (let number = 0; !state.ended; number += 1) {
      calls.push(await connection.call('GET', connection.path(number)));
      await stage.pause(everyMs);
    }
  };
  const send = sendAll(notifications, {
    gateway: connection.node,
    signal: stage.signal,
    concurrency: 1,
    pause: () => stage.pause(everyMs),
    until: () => state.ended,
    onSent: (each) => sent.push(each),
  });
  const all = Promise.all([call(), send]);
  // Whoever ends it hears of it; a drill that is stopped before then has another reason.
  all.catch(() => undefined);
  return {
    sent,
    calls,
    async end() {
      state.ended = true;
      await all;
    },
  };
}

async function countHeld(team: DrillTeam): Promise<number> {
  return (await team.list<DeliveryRow>('/deliveries?state=held')).length;
}

/** By event and endpoint. */
function countArrivals(receiver: DrillReceiver): Map<string, number> {
  const times = new Map<string, number>();
  for (const { path, headers } of receiver.requests) {
    const key = `${path} ${headers['webhook-id'] ?? ''}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return times;
}
