import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openPromotionStand, type PromotionStand, promotionOf } from './promotion-stand.ts';

let stand: PromotionStand;
let team: string;
beforeAll(async () => {
  stand = await openPromotionStand();
});
beforeEach(async () => {
  team = await stand.createTeam();
  await stand.settle();
});
afterAll(() => stand[Symbol.asyncDispose]());

const leaseMs = 1_500;

/** A node in a process of its own, on the same database, whose provider never answers. */
function nodeScript(given: { config: object; connection: unknown; leaseMs: number }): string {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    const { default: pg } = await import('pg');
    const { workPromotion } = await import(${at('../../src/promotion/work-promotion.ts')});
    const { createIdSource } = await import(${at('../../src/ids/id-source.ts')});
    const given = ${JSON.stringify(given)};
    const clock = { now: Date.now };
    const connection = { ...given.connection, profile: { check: () => ({ method: 'GET', path: '/check' }) } };
    await workPromotion({
      database: new pg.Pool(given.config),
      clock,
      ids: createIdSource(clock),
      reviews: {},
      connections: { find: () => connection, all: () => [], teamChanged: () => undefined },
      call: () => new Promise(() => setInterval(() => undefined, 1_000)),
      acceptEvent: () => Promise.reject(new Error('not here')),
      timers: { after: (ms, run) => { const timer = setTimeout(run, ms); return { cancel: () => clearTimeout(timer) }; } },
      onTold: () => undefined,
    }, given.leaseMs);`;
}

async function killedInSmokeTest(): Promise<{ id: string; review: string; connection: string; before: unknown }> {
  const of = await stand.newReview(team);
  const before = await stand.connection(team, of.connection);
  const made = await stand.call('POST', `/v1/teams/${team}/promotions`, { body: promotionOf(of) });
  const { id } = made.body as { id: string };
  const production = { environment: 'production', options: {}, sourceIds: [], archive: false };
  const script = nodeScript({ config: stand.database.config, connection: production, leaseMs });
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  await until('the connection to be switched', async () => (await stateOf(id)) === 'switched');
  child.kill('SIGKILL');
  await exited;
  return { id, ...of, before };
}

async function stateOf(id: string): Promise<string> {
  const answer = await stand.call('GET', `/v1/teams/${team}/promotions/${id}`);
  return (answer.body as { state: string }).state;
}

test('a node that is killed after switching is followed by another, which tries and goes live', async () => {
  const { id, connection } = await killedInSmokeTest();
  expect(await stand.connection(team, connection)).toMatchObject({ environment: 'production' });
  await until('the lease to end', () => stand.work());
  expect(await stateOf(id)).toBe('live');
  expect(await stand.connection(team, connection)).toMatchObject({ environment: 'production' });
});

test('and where the try fails, the other leads the connection back', async () => {
  const { id, connection, before } = await killedInSmokeTest();
  stand.answers(503);
  await until('the lease to end', () => stand.work());
  expect(await stateOf(id)).toBe('rolled-back');
  expect(await stand.connection(team, connection)).toEqual(before);
});

test('before switching nothing is changed, and it is gone on with', async () => {
  const of = await stand.newReview(team);
  await stand.call('POST', `/v1/teams/${team}/promotions`, { body: promotionOf(of) });
  const dead = { ...stand.services, database: refusing(stand.services.database) };
  await expect(stand.work(dead, 1)).rejects.toThrow('the node died');
  expect(await stand.connection(team, of.connection)).toMatchObject({
    environment: 'sandbox',
    credentials: [{ name: 'old' }],
  });
  await until('the lease to end', () => stand.work());
  expect(await stand.connection(team, of.connection)).toMatchObject({
    environment: 'production',
    credentials: [{ name: 'new' }],
  });
});

/** Answers single statements, and dies where a transaction would begin. */
function refusing(database: PromotionStand['services']['database']): PromotionStand['services']['database'] {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'connect') return () => Promise.reject(new Error('the node died'));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
