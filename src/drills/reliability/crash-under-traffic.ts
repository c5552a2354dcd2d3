import type { DrillDatabase, DrillNode, Stage } from '../stage.ts';
import type { DrillTeam } from './drill-team.ts';
import type { TwinNotification } from './provider-requests.ts';
import { isTaken, type Sent, sendAll } from './send-all.ts';

/** A node over a database server that can be killed, and a team of it with an event type. */
export type CrashScene = { database: DrillDatabase; node: DrillNode; team: DrillTeam; type: string };

/** What was sent while the database server was killed and started again. */
export type CrashedTraffic = {
  sent: Sent[];
  /** Webhooks that were answered 2xx before the kill. */
  takenBefore: number;
  /** Events that the API took, and those of them that are gone. */
  posted: number;
  postsLost: number;
  /** Until the same process took posts again; null: it did not. */
  againAfterMs: number | null;
};

const concurrency = 8;
const posters = 2;
const timeoutMs = 20_000;
const againWithinMs = 60_000;
/** Some are always under way at the kill, and some come while the server recovers. */
const killAtShare = 0.4;

/** Kills the database server of a node with `kill -9` among webhooks and posts, and starts it again at once. */
export async function crashUnderTraffic(
  stage: Stage,
  scene: CrashScene,
  notifications: readonly TwinNotification[],
): Promise<CrashedTraffic> {
  const { database, node, team } = scene;
  const killAt = Math.ceil(notifications.length * killAtShare);
  let [answered, takenBefore] = [0, 0];
  const posted: string[] = [];
  const crashes: Promise<void>[] = [];
  const isKilled = (): boolean => crashes.length > 0;
  const crash = async (): Promise<void> => {
    await database.crash();
    await database.recover();
  };
  const postUntilKilled = async (): Promise<void> => {
    while (!isKilled()) {
      const id = await post(stage, scene);
      if (id !== null) posted.push(id);
    }
  };
  const sending = sendAll(notifications, {
    gateway: node,
    signal: stage.signal,
    concurrency,
    timeoutMs,
    onSent(one) {
      answered += 1;
      if (isTaken(one) && !isKilled()) takenBefore += 1;
      if (answered < killAt || isKilled()) return;
      const crashing = crash();
      // Awaited below.
      crashing.catch(() => undefined);
      crashes.push(crashing);
    },
  });
  const [sent] = await Promise.all([sending, ...Array.from({ length: posters }, postUntilKilled)]);
  await Promise.all(crashes);
  stage.note('The database server was killed with kill -9 among webhooks and posts, and started again.', {
    webhooks: sent.length,
    takenBefore,
    taken: sent.filter(isTaken).length,
    postsTaken: posted.length,
  });
  const againAfterMs = await servesAgain(stage, scene);
  let postsLost = 0;
  for (const id of posted) if ((await team.call('GET', `/events/${id}`)).status === 404) postsLost += 1;
  stage.note('The process went on by itself.', { againAfterMs, postsLost });
  return { sent, takenBefore, posted: posted.length, postsLost, againAfterMs };
}

/** How long it takes the process to take a post; null when it does not, although it had a minute. */
export async function servesAgain(stage: Stage, scene: CrashScene): Promise<number | null> {
  const fromMs = performance.now();
  return stage.until(
    async () => ((await post(stage, scene)) === null ? null : Math.round(performance.now() - fromMs)),
    againWithinMs,
  );
}

/** The event's id; null when it was not taken. */
async function post(stage: Stage, { team, type }: CrashScene): Promise<string | null> {
  try {
    const { status, body } = await team.call('POST', '/events', { type, payload: { drill: type } });
    return status === 202 ? String(body['id']) : null;
  } catch {
    stage.signal.throwIfAborted();
    return null;
  }
}
