import { expect, test } from 'vitest';
import { payloadOf } from './payload.rules.ts';

test('a payload is what the body says where it says that it is JSON', () => {
  const body = Buffer.from('{"a":1}');
  expect(payloadOf('application/json', body)).toEqual({ a: 1 });
  expect(payloadOf('text/plain', body)).toBeUndefined();
  expect(payloadOf('application/json', Buffer.from('{'))).toBeUndefined();
  expect(payloadOf('application/json', Buffer.alloc(0))).toBeUndefined();
});
