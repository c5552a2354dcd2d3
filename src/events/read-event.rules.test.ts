import { describe, expect, test } from 'vitest';
import { Problem } from '../problem.ts';
import { readEventRequest, standardBody } from './read-event.rules.ts';

const read = (text: string) => readEventRequest(JSON.parse(text), text, '/events/3');
const mistakes = (text: string): string[] => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_request')
      return (error.errors ?? []).map((each) => each.pointer);
    throw error;
  }
  return [];
};

test('reads an event, its payload as it was written', () => {
  const text =
    '{"type":"invoice.paid", "payload": {"amount": 1.10}, "idempotencyKey":"k","orderingKey":"o","occurredAt":"2026-01-31T12:00:00.5+02:00"}';
  expect(read(text)).toEqual({
    type: 'invoice.paid',
    payloadText: '{"amount": 1.10}',
    payload: { amount: 1.1 },
    idempotencyKey: 'k',
    orderingKey: 'o',
    occurredAtMs: Date.UTC(2026, 0, 31, 10, 0, 0, 500),
  });
});

test.each(['null', '0', 'false', '""', '[]', '"text"'])('a payload may be %s', (payload) => {
  expect(read(`{"type":"a","payload":${payload}}`)).toMatchObject({ payloadText: payload, occurredAtMs: null });
});

test('names every mistake at once, and where it stands', () => {
  expect(mistakes('{"type":"","idempotencyKey":5,"orderingKey":"","occurredAt":"soon","extra":1}')).toEqual([
    '/events/3/extra',
    '/events/3/type',
    '/events/3/payload',
    '/events/3/occurredAt',
    '/events/3/idempotencyKey',
    '/events/3/orderingKey',
  ]);
  for (const text of ['[]', 'null', '"a"', '5']) expect(mistakes(text)).toEqual(['/events/3']);
});

describe('a key', () => {
  test.each(['"a"', `"${'k'.repeat(256)}"`, '"Ünïcödé 🙂"', 'null'])('may be %s', (key) => {
    expect(mistakes(`{"type":"a","payload":1,"idempotencyKey":${key},"orderingKey":${key}}`)).toEqual([]);
  });

  // Half a surrogate pair is stored as U+FFFD: the event would not be found under its own key again.
  test.each([`"${'k'.repeat(257)}"`, '"\\u0000"', '"a\\nb"', '"\\u007f"', '"\\ud83d"', '{}', '5', 'true'])(
    'may not be %s',
    (key) => {
      const pointers = ['/events/3/idempotencyKey', '/events/3/orderingKey'];
      expect(mistakes(`{"type":"a","payload":1,"idempotencyKey":${key},"orderingKey":${key}}`)).toEqual(pointers);
    },
  );
});

test.each([
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-13-01T00:00:00Z',
  '31 Jan 2026',
  '',
  'T',
  '2026-01-31T25:00:00Z',
])('a time is RFC 3339 with its offset, not %j', (time) => {
  expect(mistakes(`{"type":"a","payload":1,"occurredAt":"${time}"}`)).toEqual(['/events/3/occurredAt']);
});

test('the body is that of Standard Webhooks, with the payload byte for byte', () => {
  const body = standardBody('a"b', Date.UTC(2026, 0, 31), '{"n": 1.10}').toString();
  expect(body).toBe('{"type":"a\\"b","timestamp":"2026-01-31T00:00:00.000Z","data":{"n": 1.10}}');
});
