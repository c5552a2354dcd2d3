import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { drillTeam } from '../reliability/drill-team.ts';
import type { DrillDatabase, DrillNode, Stage } from '../stage.ts';
import { judgeHealth, type Taken } from './health.dependencies-checked-deep.rules.ts';

const waitMs = 15_000;
const startsWithinMs = 60_000;

/** Space on disk is taken by the drill of exhausted resources: nothing but a file system of its own could be filled. */
export const dependenciesCheckedDeep: Drill = {
  checkId: 'health.dependencies-checked-deep',
  subject: 'gateway',
  version: 1,
  does: 'Takes the database, a migration and the master key from a second gateway, and asks /readyz and /livez.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const environment = { POSTHORN_MASTER_KEY: newKey() };
    const node = await stage.node({ database, environment, ready: false });
    if ((await stage.until(async () => ((await ask(node)).ok ? true : null), startsWithinMs)) === null) {
      throw new Error(`the second gateway was not ready within ${startsWithinMs / 1000} s`);
    }
    const team = await drillTeam(node);
    await team.endpoint({ url: (await stage.receiver()).url, eventTypes: ['*'] });
    const askedAtMs = performance.now();
    await ask(node);
    const controlMs = since(askedAtMs);
    stage.note('With nothing missing /readyz is 200.', { tookMs: controlMs });

    const connection = await take(stage, node, {
      what: 'the database',
      check: 'database',
      take: () => database.cut(),
      giveBack: () => database.restore(),
    });
    stage.progress(1, 3);
    const migration = await takeMigration(stage, node, database);
    stage.progress(2, 3);
    const key = await takeKey(stage, node, environment);
    stage.progress(3, 3);
    return judgeHealth({ controlMs, taken: [connection, migration, key] });
  },
};

type Asked = { ok: boolean; named: string[]; isAlive: boolean };

async function ask(node: DrillNode): Promise<Asked> {
  const [ready, alive] = await Promise.all([node.call('GET', '/readyz'), node.call('GET', '/livez')]);
  const checks = (ready.body['checks'] ?? []) as { name: string; ok: boolean }[];
  const named = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  return { ok: ready.status === 200, named, isAlive: alive.status === 200 };
}

async function take(
  stage: Stage,
  node: DrillNode,
  part: { what: string; check: string; take: () => Promise<unknown>; giveBack: () => Promise<unknown> },
): Promise<Taken> {
  const { what, check } = part;
  let dead = 0;
  const turn = async (to: boolean): Promise<{ tookMs: number; named: string[] } | null> => {
    const startedAtMs = performance.now();
    return stage.until(async () => {
      const { ok, named, isAlive } = await ask(node);
      if (!isAlive) dead += 1;
      return ok === to ? { tookMs: since(startedAtMs), named } : null;
    }, waitMs);
  };
  await part.take();
  const red = await turn(false);
  stage.note(`Without ${what}.`, { redAfterMs: red?.tookMs ?? null, names: red?.named.join() ?? '' });
  await part.giveBack();
  const green = await turn(true);
  stage.note(`With ${what} again.`, { greenAfterMs: green?.tookMs ?? null, livezNotOk: dead });
  return {
    what,
    check,
    redAfterMs: red?.tookMs ?? null,
    named: red?.named ?? [],
    greenAfterMs: green?.tookMs ?? null,
    dead,
    refusedToStart: false,
  };
}

async function takeMigration(stage: Stage, node: DrillNode, database: DrillDatabase): Promise<Taken> {
  type Row = { number: number; name: string };
  let last: Row | undefined;
  return take(stage, node, {
    what: 'a migration',
    check: 'database',
    take: async () => {
      [last] = await database.query<Row>(
        'DELETE FROM migration WHERE number = (SELECT max(number) FROM migration) RETURNING number, name',
      );
    },
    giveBack: () =>
      database.query('INSERT INTO migration (number, name) VALUES ($1, $2)', [last?.number ?? 0, last?.name ?? '']),
  });
}

/** By starting it with another one: it is ready by then, red, or it did not start and says so. */
async function takeKey(stage: Stage, node: DrillNode, environment: Readonly<Record<string, string>>): Promise<Taken> {
  const before = node.output().length;
  let refusedToStart = false;
  const other = { POSTHORN_MASTER_KEY: newKey() };
  const start = async (): Promise<void> => {
    try {
      await node.restart(other);
    } catch (error) {
      stage.signal.throwIfAborted();
      refusedToStart = /master key/i.test(node.output().slice(before));
      if (!refusedToStart) throw error;
    }
  };
  if (await start().then(() => refusedToStart)) {
    stage.note('With another master key it does not start, and says why.');
    await node.restart(environment);
    const startedAtMs = performance.now();
    const green = await stage.until(async () => ((await ask(node)).ok ? since(startedAtMs) : null), waitMs);
    const taken = { what: 'the master key', check: 'master-key', redAfterMs: null, named: [], dead: 0 };
    return { ...taken, greenAfterMs: green, refusedToStart };
  }
  // Red for want of a lease only, as after every start, is not red for want of the key.
  await stage.until(async () => ((await ask(node)).named.includes('lease') ? null : true), waitMs);
  return take(stage, node, {
    what: 'the master key',
    check: 'master-key',
    take: () => Promise.resolve(),
    giveBack: async () => {
      await node.restart(environment);
      await stage.until(async () => ((await ask(node)).named.includes('lease') ? null : true), waitMs);
    },
  });
}

function newKey(): string {
  return randomBytes(32).toString('base64');
}

function since(startedAtMs: number): number {
  return Math.round(performance.now() - startedAtMs);
}
