import { expect, test } from 'vitest';
import { payloadOf } from './payload.rules.ts';

const standard = '{"type":"a.b","timestamp":"2026-01-01T00:00:00Z","data":{"n":1}}';

test.each([
  ['an event of the API', {}, standard, { n: 1 }],
  ['an event of the API without data', {}, standard.replace('{"n":1}', 'null'), null],
  ['what was posted as it is', {}, '{"n":1}', { n: 1 }],
  ['what was posted as it is and has a type of its own', {}, '{"type":"x","data":1}', { type: 'x', data: 1 }],
  ['a body of another type in that form', { type: 'x.y' }, standard, JSON.parse(standard) as unknown],
  ['what came in through a source', { sourceId: 'src_1' }, standard, JSON.parse(standard) as unknown],
  ['another JSON type', { contentType: 'application/cloudevents+json; charset=utf-8' }, '[1]', [1]],
  ['no JSON type', { contentType: 'text/plain' }, '{"n":1}', undefined],
  ['JSON that is none', {}, '{"n":', undefined],
])('a filter looks at %s', (_what, more, body, payload) => {
  const event = { type: 'a.b', contentType: 'application/json', sourceId: null, ...more };
  expect(payloadOf(event, Buffer.from(body))).toEqual(payload);
});
