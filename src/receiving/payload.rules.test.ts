import { expect, test } from 'vitest';
import { isJson, mediaTypeOf, payloadOf } from './payload.rules.ts';

test.each([
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  [' application/cloudevents+json ', true],
  ['application/vnd.api+json;version=1', true],
  ['application/jsonp', false],
  ['text/json', false],
  ['application/xml', false],
  ['', false],
  [null, false],
])('%j is JSON: %s', (contentType, expected) => {
  expect(isJson(contentType)).toBe(expected);
});

test('the media type is in lower case, without parameters and white space', () => {
  expect(mediaTypeOf('Text/Plain ; charset=utf-8')).toBe('text/plain');
  expect(mediaTypeOf(null)).toBe('');
});

test('a payload is what the body says where it says that it is JSON', () => {
  const body = Buffer.from('{"a":1}');
  expect(payloadOf('application/json', body)).toEqual({ a: 1 });
  expect(payloadOf('text/plain', body)).toBeUndefined();
  expect(payloadOf('application/json', Buffer.from('{'))).toBeUndefined();
  expect(payloadOf('application/json', Buffer.alloc(0))).toBeUndefined();
});
