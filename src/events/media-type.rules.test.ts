import { expect, test } from 'vitest';
import { isJsonType, mediaTypeOf } from './media-type.rules.ts';

test.each([
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  [' application/cloudevents+json ', true],
  ['application/vnd.api+json;version=1', true],
  ['application/jsonp', false],
  ['application/json text', false],
  ['text/json', false],
  ['application/xml', false],
  ['', false],
  [null, false],
])('%j is JSON: %s', (contentType, expected) => {
  expect(isJsonType(contentType)).toBe(expected);
});

test('the media type is in lower case, without parameters and white space', () => {
  expect(mediaTypeOf('Text/Plain ; charset=utf-8')).toBe('text/plain');
  expect(mediaTypeOf(null)).toBe('');
});
