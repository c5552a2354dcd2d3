import { expect, test } from 'vitest';
import type { Problem } from '../problem.ts';
import { createEventIntake } from './event-intake.ts';

const rules = {
  validate: (payload: unknown) => (typeof payload === 'number' ? null : [{ pointer: '', message: 'must be a number' }]),
};
const team = { eventTypes: new Map([['counted', rules]]) };

function postBatch(events: readonly object[]): Promise<unknown> {
  const accepted: number[] = [];
  const intake = createEventIntake({
    acceptor: {
      accept: () => Promise.reject(new Error('not asked for')),
      acceptAll: (drafts) => {
        accepted.push(drafts.length);
        return Promise.resolve([]);
      },
      pending: 0,
    },
    clock: { now: () => 0 },
    team: () => team,
    refresh: () => Promise.resolve(team),
  });
  return intake.postBatch('team_1', Buffer.from(JSON.stringify({ events }))).then(
    () => accepted,
    (error: unknown) => {
      const { code, message, errors } = error as Problem;
      return { code, detail: message, places: errors?.map(({ pointer }) => pointer) };
    },
  );
}

test('a batch names every event that is not valid, with the code of the first', async () => {
  const events = [
    { type: 'counted', payload: 1 },
    { type: 'counted', payload: 'one' },
    { type: 'unheard-of', payload: 2 },
    { type: 'counted' },
  ];
  expect(await postBatch(events)).toEqual({
    code: 'payload_schema_mismatch',
    detail: '3 of 4 events are not valid. The first: The payload does not match the schema of counted.',
    places: ['/events/1/payload', '/events/2', '/events/3/payload'],
  });
});

test('a single one that is not valid is told as if it had come alone', async () => {
  const answer = await postBatch([
    { type: 'counted', payload: 1 },
    { type: 'unheard-of', payload: 2 },
  ]);
  expect(answer).toMatchObject({ code: 'unknown_event_type', detail: expect.stringContaining('unheard-of') });
});

test('a batch in which all are valid is accepted as one', async () => {
  expect(
    await postBatch([
      { type: 'counted', payload: 1 },
      { type: 'counted', payload: 2 },
    ]),
  ).toEqual([2]);
});

async function postWithKeys(headerKey: string | null, bodyKey: string | null): Promise<unknown> {
  const keys: (string | null)[] = [];
  const intake = createEventIntake({
    acceptor: {
      accept: ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        return Promise.reject(new Error('accepted'));
      },
      acceptAll: () => Promise.reject(new Error('not asked for')),
      pending: 0,
    },
    clock: { now: () => 0 },
    team: () => team,
    refresh: () => Promise.resolve(team),
  });
  const body = Buffer.from(JSON.stringify({ type: 'counted', payload: 1, idempotencyKey: bodyKey ?? undefined }));
  const error = await intake.postJson('team_1', body, headerKey).catch((thrown: unknown) => thrown as Problem);
  return (error as Partial<Problem>).errors?.map(({ pointer }) => pointer) ?? keys;
}

test('the idempotency key may stand in the header, in the body, or the same in both', async () => {
  expect(await postWithKeys('one', null)).toEqual(['one']);
  expect(await postWithKeys(null, 'one')).toEqual(['one']);
  expect(await postWithKeys('one', 'one')).toEqual(['one']);
});

test('two idempotency keys are refused, since either may be the one that was meant', async () => {
  expect(await postWithKeys('one', 'two')).toEqual(['/idempotencyKey']);
});

test('the header is held to what the body is: not empty, not longer than a key', async () => {
  expect(await postWithKeys('', null)).toEqual(['/idempotency-key']);
  expect(await postWithKeys('k'.repeat(257), null)).toEqual(['/idempotency-key']);
});

test("a type of Posthorn's own is not told to be registered", async () => {
  expect(await postBatch([{ type: 'posthorn.delivery.dead', payload: 1 }])).toMatchObject({ code: 'forbidden' });
});
