import { expect, test } from 'vitest';
import { cutFeedPage } from './feed-page.rules.ts';

const rows = ['a', 'b', 'a', 'b', 'a'].map((type, n) => ({ id: `e${n}`, type, sizeBytes: 10 }));

test('hands out the wanted types and passes over the others', () => {
  const page = cutFeedPage(rows, { limit: 2, maxBytes: 100, types: new Set(['b']) });
  expect(page).toEqual({ ids: ['e1', 'e3'], position: 'e4' });
});

test('ends at the limit or when the bodies are too large together, never before the first', () => {
  expect(cutFeedPage(rows, { limit: 3, maxBytes: 100, types: null })).toEqual({
    ids: ['e0', 'e1', 'e2'],
    position: 'e2',
  });
  expect(cutFeedPage(rows, { limit: 3, maxBytes: 25, types: null })).toEqual({ ids: ['e0', 'e1'], position: 'e1' });
  expect(cutFeedPage(rows, { limit: 3, maxBytes: 5, types: null })).toEqual({ ids: ['e0'], position: 'e0' });
});

test('stays where it is when there is nothing', () => {
  expect(cutFeedPage([], { limit: 3, maxBytes: 5, types: null })).toEqual({ ids: [], position: null });
});
