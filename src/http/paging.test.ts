/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTestApi } from '../../tests/support/configuration-api.ts';
import { decodeCursor, encodeCursor } from './paging.ts';
import { operationalEventTypes } from '../operations/operational-event-types.ts';

const anything = (): boolean => true;

describe('paging', () => {
  test('a cursor gives back its position, and only to its own list', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (position) => {
        expect(decodeCursor('teams', encodeCursor('teams', position), anything)).toBe(position);
        expect(() => decodeCursor('endpoints', encodeCursor('teams', position), anything)).toThrow(/nextCursor/);
      }),
    );
  });

  test('what is no cursor is refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor('teams', text, () => false)).toThrow(/nextCursor/);
      }),
    );
  });

  test('pages neither repeat nor skip what was there, while items come and go in between', async () => {
    await using api = await createTestApi();
    const before: string[] = [];
    for (let index = 0; index < 7; index += 1) before.push(await api.createTeam(`team ${index}`));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.call('GET', `/v1/teams?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      expect(page.body.data.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
      await api.createTeam('in between');
      if (seen.length === 4) await api.call('DELETE', `/v1/teams/${seen[0]}`);
    } while (cursor !== null);
    expect(seen).toEqual(before.toReversed());
    const bad = await api.call('GET', '/v1/teams?cursor=nonsense');
    expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_cursor', errors: [{ pointer: '?cursor' }] } });
  });

  test('event types page by name, with the operational ones in their place', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    for (const name of ['z', 'a', 'Q', 'posthorm']) {
      await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name } });
    }
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.call(
        'GET',
        `/v1/teams/${team}/event-types?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      names.push(...page.body.data.map(({ name }: { name: string }) => name));
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(4 + operationalEventTypes.length);
    expect(names).toContain('posthorn.delivery.dead');
  });
});
