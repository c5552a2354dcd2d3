import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { ownSource, runDrill, startGatewayOf } from '../drills/support/drilled-gateway.ts';
import { type Mutation, mutatedCopy } from '../drills/support/mutated-copy.ts';
import { createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { toDatabase } from '../support/to-database.ts';
import { until } from '../support/until.ts';

/** Deliveries and their attempts are looked up by their ids alone. */
const byIdAlone: readonly Mutation[] = [
  {
    file: 'src/delivery/delivery-query.store.ts',
    find: 'FROM delivery d WHERE d.team_id = $1 AND d.id = ANY',
    replace: 'FROM delivery d WHERE $1::uuid IS NOT NULL AND d.id = ANY',
  },
  {
    file: 'src/delivery/delivery-query.store.ts',
    find: 'FROM attempt WHERE team_id = $1 AND delivery_id = $2',
    replace: 'FROM attempt WHERE $1::uuid IS NOT NULL AND delivery_id = $2',
  },
];
const asTheOwner: Mutation = {
  file: 'src/database/read-as-team.ts',
  find: 'rowSecurityOf(pool).length > 0 ? [] : [becomeReader(uuidFromId(teamId))]',
  replace: 'rowSecurityOf(pool).length > 0 ? [] : [becomeReader(uuidFromId(teamId))].slice(1)',
};

test.each([
  ['shows nothing to another team, for the database does not', byIdAlone, 404, []],
  ['would show it to another team, were it not for the database', [...byIdAlone, asTheOwner], 200, ['dns']],
])('a look-up by id alone %s', { timeout: 240_000 }, async (_what, mutations, status, errors) => {
  const copy = await mutatedCopy(mutations);
  onTestFinished(() => copy.remove());
  const gateway = await startGatewayOf(copy.folder);
  onTestFinished(() => gateway.stop());
  const { api, team } = gateway;
  const url = 'http://nowhere.invalid/';
  await api.call('POST', `/v1/teams/${team}/event-types`, { name: 'order.paid' });
  await api.call('POST', `/v1/teams/${team}/endpoints`, { url, eventTypes: ['*'] });
  await api.call('POST', `/v1/teams/${team}/events`, { type: 'order.paid', payload: {} });
  type Delivery = { id: string; attemptCount: number; attempts: { error: string }[] };
  const delivery = await until('an attempt to be on record', async () => {
    const { data } = await api.call<{ data: Delivery[] }>('GET', `/v1/teams/${team}/deliveries`);
    return data.find(({ attemptCount }) => attemptCount > 0) ?? null;
  });

  const { id: other } = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Other' });
  const { key } = await api.call<{ key: string }>('POST', `/v1/teams/${other}/api-keys`, {
    name: 'k',
    permissions: ['*'],
  });
  const stranger = createApi(() => gateway.url, key);
  const answer = await stranger.ask<Partial<Delivery>>('GET', `/v1/teams/${other}/deliveries/${delivery.id}`);
  expect(answer.status).toBe(status);
  expect((answer.body.attempts ?? []).map(({ error }) => error)).toEqual(errors);
  const own = await api.call<Delivery>('GET', `/v1/teams/${team}/deliveries/${delivery.id}`);
  expect(own.attempts.map(({ error }) => error)).toEqual(['dns']);
});

/** A database whose owner may log in and nothing else: the role that reads for a team cannot be made by it. */
async function databaseOfModestUser(): Promise<{ url: string; user: string }> {
  const server = new pg.Pool({ ...inject('testServer'), max: 1 });
  const user = `modest_${randomBytes(6).toString('hex')}`;
  await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'p'`);
  await server.query(`CREATE DATABASE ${user} OWNER ${user}`);
  onTestFinished(async () => {
    await server.query(`DROP DATABASE IF EXISTS ${user} WITH (FORCE)`);
    await server.query(`DROP ROLE ${user}`);
    await server.end();
  });
  const url = new URL(databaseUrlOf(toDatabase(inject('testServer'), user)).replace('@/', '@localhost/'));
  url.username = user;
  url.password = 'p';
  return { url: url.href, user };
}

test('a gateway whose user may not make the role says so, works without, and fails the drill', {
  timeout: 240_000,
}, async () => {
  const { url, user } = await databaseOfModestUser();
  const gateway = await startGatewayOf(ownSource, { DATABASE_URL: url });
  onTestFinished(() => gateway.stop());
  const missing = `there is no role ${user}_team_reader, and ${user} may not make it; as a superuser: CREATE ROLE`;
  expect(gateway.process.output()).toContain(missing);
  type Ready = { ready: boolean; checks: { name: string; detail: string }[] };
  const { ready, checks } = await gateway.api.call<Ready>('GET', '/readyz');
  expect(ready).toBe(true);
  expect(checks.find(({ name }) => name === 'row-security')?.detail).toContain(missing);
  expect(await gateway.api.call('GET', `/v1/teams/${gateway.team}/events`)).toMatchObject({ data: [] });
  const { finding } = await runDrill(gateway, 'access.teams-isolated', null);
  expect(finding).toMatchObject({ state: 'failed', seen: expect.stringContaining(missing) });
});

test('a read past row-level security is found by the drill, though its own condition is right', {
  timeout: 240_000,
}, async () => {
  const copy = await mutatedCopy([
    {
      file: 'src/calls/get-call.ts',
      find: 'readAsTeam(ctx.database, input.teamId, (database) => findCall(database, input.teamId, input.callId))',
      replace: 'findCall(ctx.database, input.teamId, input.callId)',
    },
  ]);
  onTestFinished(() => copy.remove());
  const gateway = await startGatewayOf(copy.folder);
  onTestFinished(() => gateway.stop());
  const { finding } = await runDrill(gateway, 'access.teams-isolated', null);
  expect(finding?.seen).toBe('These read past row-level security: GET /v1/teams/{team}/calls/{id}.');
  expect(finding?.state).toBe('failed');
});
