import { expect, onTestFinished, test } from 'vitest';
import { startGatewayOf } from '../drills/support/drilled-gateway.ts';
import { type Mutation, mutatedCopy } from '../drills/support/mutated-copy.ts';
import { createApi } from '../support/api.ts';
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
