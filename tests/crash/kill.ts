import { setTimeout as delay } from 'node:timers/promises';
import type { PosthornProcess } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import type { FolderDatabase } from './folder-database.ts';
import type { KillPlan } from './kill-plan.ts';

/** A named point that is not passed by then is given up: Posthorn is killed where it stands. */
const pointPatienceMs = 2_500;
/** The same where the database has to come back first. */
const drainPatienceMs = 8_000;
const spoolPatienceMs = 12_000;

/**
 * Ends a Posthorn under load as planned. Answers whether it was killed where it should be, and how long Posthorn took
 * to be ready again by itself when only its database was killed.
 */
export async function kill(
  plan: KillPlan,
  on: {
    posthorn: PosthornProcess;
    database: FolderDatabase;
    /** What the spool takes on disk. */
    spoolBytes: () => Promise<number>;
    stopLoad: () => Promise<void>;
  },
): Promise<{ reached: boolean; recoveryMs: number | null }> {
  const { posthorn, database } = on;
  if (plan.kind === 'point') return { reached: await awaitPoint(plan, posthorn, database), recoveryMs: null };
  if (plan.kind === 'spooling') {
    const before = await on.spoolBytes();
    const goOn = await takeAway(plan, database);
    const reached = await until('a request in the spool', async () => (await on.spoolBytes()) > before, {
      deadlineMs: spoolPatienceMs,
      everyMs: 5,
    }).catch(() => false);
    if (plan.outage === 'thawed') goOn();
    await delay(plan.afterMs);
    await posthorn.end('SIGKILL');
    goOn();
    return { reached, recoveryMs: null };
  }

  await delay(plan.afterMs);
  if (plan.kind === 'moment' && plan.target === 'posthorn') {
    await posthorn.end('SIGKILL');
    return { reached: true, recoveryMs: null };
  }
  let killed = await database.kill();
  if (plan.kind === 'moment' && plan.target === 'both') {
    await delay(plan.apartMs);
    await posthorn.end('SIGKILL');
    return { reached: true, recoveryMs: null };
  }
  if (plan.kind === 'again') {
    await database.awaitAnother(posthorn, killed);
    await delay(plan.thenMs);
    killed = await database.kill();
  }
  const killedAtMs = performance.now();
  await database.awaitRecovery(posthorn, killed);
  const recoveryMs = performance.now() - killedAtMs;
  await on.stopLoad();
  await posthorn.end('SIGKILL');
  return { reached: true, recoveryMs };
}

async function awaitPoint(
  plan: KillPlan & { kind: 'point' },
  posthorn: PosthornProcess,
  database: FolderDatabase,
): Promise<boolean> {
  process.kill(posthorn.pid, 'SIGUSR2');
  if (plan.outage) {
    await delay(100);
    await database.kill();
  }
  const reached = (await within(plan.outage ? drainPatienceMs : pointPatienceMs, posthorn.ended)) !== null;
  await posthorn.end('SIGKILL');
  return reached;
}

async function takeAway({ outage }: KillPlan & { kind: 'spooling' }, database: FolderDatabase): Promise<() => void> {
  await delay(150);
  if (outage !== 'killed') return database.freeze();
  await database.kill();
  return () => undefined;
}

/** What the promise resolves with, or null when it takes longer. */
export async function within<Result>(ms: number, promise: Promise<Result>): Promise<Result | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), ms);
  const result = await Promise.race([promise, late.promise]);
  clearTimeout(timer);
  return result;
}
