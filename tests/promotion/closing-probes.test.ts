import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { dropFormerCredentials } from '../../src/promotion/drop-former-credentials.ts';
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

const dayMs = 86_400_000;
type Row = { id: string; name: string; state: string; environment: string; base_url: string };
const probes = async (connection: string): Promise<Row[]> => {
  const { rows } = await stand.database.pool.query<Row>(
    'SELECT id, name, state, environment, base_url FROM closing_probe WHERE connection_id = $1',
    [uuidFromId(connection)],
  );
  return rows;
};
const promote = async (of: { review: string; connection: string }): Promise<string> => {
  const { body } = await stand.call('POST', `/v1/teams/${team}/promotions`, { body: promotionOf(of) });
  await stand.work();
  return (body as { id: string }).id;
};

describe('credentials that a promotion takes out of a connection', () => {
  test('have no last read while they are kept for the way back', async () => {
    const of = await stand.newReview(team);
    await promote(of);
    expect(await probes(of.connection)).toEqual([]);
  });

  test('have one, where they were used, when nobody can go back any more', async () => {
    const of = await stand.newReview(team);
    const [former] = (await stand.connection(team, of.connection)).credentials;
    await promote(of);
    await dropFormerCredentials(stand.database.pool, stand.now() - dayMs);
    expect(await probes(of.connection)).toEqual([]);
    await dropFormerCredentials(stand.database.pool, stand.now() + dayMs);
    expect(await probes(of.connection)).toEqual([
      {
        id: uuidFromId(former?.id ?? ''),
        name: 'old',
        state: 'outstanding',
        environment: 'sandbox',
        base_url: 'https://documents.sandbox-host.example.com/api',
      },
    ]);
  });

  test('of production have one as soon as it is rolled back; those that come back have none', async () => {
    const of = await stand.newReview(team);
    const id = await promote(of);
    await stand.call('POST', `/v1/teams/${team}/promotions/${id}/roll-back`, { body: { reason: 'Refused.' } });
    expect(await probes(of.connection)).toMatchObject([
      { name: 'new', state: 'outstanding', environment: 'production', base_url: 'https://documents.example.com/api' },
    ]);
    await dropFormerCredentials(stand.database.pool, stand.now() + dayMs);
    expect(await probes(of.connection)).toHaveLength(1);
  });

  test('of a deleted team go without', async () => {
    const of = await stand.newReview(team);
    await promote(of);
    await stand.call('DELETE', `/v1/teams/${team}`);
    await dropFormerCredentials(stand.database.pool, stand.now() - dayMs);
    expect(await probes(of.connection)).toEqual([]);
  });
});
