import { beforeEach, expect, test } from 'vitest';
import {
  aLane,
  anEndpoint,
  anItem,
  answered,
  type HeldRequest,
  noLargeBodies,
} from '../../tests/support/delivery-parts.ts';
import { VirtualTime } from '../../tests/simulation/virtual-time.ts';
import { createIdSource } from '../ids/id-source.ts';
import type { Settlement } from './delivery-ports.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Lane } from './lane.ts';

let time: VirtualTime;
let held: HeldRequest[];
let settled: Settlement[];
let maySend: boolean;
let unsettled: number;
let dispatcher: Dispatcher;

beforeEach(() => {
  time = new VirtualTime(1_000_000);
  held = [];
  settled = [];
  maySend = true;
  unsettled = 0;
  const clock = { now: () => time.nowMs };
  dispatcher = new Dispatcher({
    clock,
    timers: time,
    ids: createIdSource(clock),
    random: () => 0,
    bodies: noLargeBodies,
    maySend: () => maySend,
    mayStillSend: () => true,
    onUnsent: () => undefined,
    unsettled: () => unsettled,
    onSettlement: (settlement) => settled.push(settlement),
    onGone: () => undefined,
    onLaneChanged: () => undefined,
  });
});

function laneWith(items: number, config: Parameters<typeof anEndpoint>[0], more = {}): Lane {
  const lane = aLane(anEndpoint(config), held, { nowMs: time.nowMs });
  for (let index = 0; index < items; index += 1) lane.put(anItem(`${lane.endpointId}.${index}`, more));
  return lane;
}

/** Answers the oldest request, `count` times, and tells whose they were. */
function answerSome(count: number, status = 204): HeldRequest[] {
  const done: HeldRequest[] = [];
  for (let index = 0; index < count; index += 1) {
    const request = held.shift() as HeldRequest;
    done.push(request);
    request.answer(answered(status));
  }
  return done;
}

test('a team with a thousand busy endpoints gets as many turns as one with a single one', () => {
  maySend = false;
  for (let index = 0; index < 1_000; index += 1) {
    dispatcher.offer(laneWith(5, { teamId: 'team_many', id: `ep_${index}`, concurrency: 8 }));
  }
  dispatcher.offer(laneWith(2_000, { teamId: 'team_one', id: 'ep_one', concurrency: 4_000 }));
  maySend = true;
  dispatcher.run();
  const served = [...answerSome(1_500), ...held].slice(0, 1_500);
  const ofOne = served.filter((request) => request.teamId === 'team_one').length;
  expect(ofOne).toBeGreaterThanOrEqual(745);
  expect(ofOne).toBeLessThanOrEqual(755);
});

test('within a team its endpoints take turns', () => {
  maySend = false;
  const greedy = laneWith(500, { id: 'ep_greedy', concurrency: 4_000 });
  const modest = laneWith(500, { id: 'ep_modest', concurrency: 4_000 });
  dispatcher.offer(greedy);
  dispatcher.offer(modest);
  maySend = true;
  dispatcher.run();
  const ofGreedy = held.filter((request) => request.endpointId === 'ep_greedy').length;
  expect(held).toHaveLength(256);
  expect(ofGreedy).toBe(128);
});

test('retries get their share while fresh ones keep coming', () => {
  const lane = laneWith(400, { concurrency: 1 });
  for (let index = 0; index < 100; index += 1) lane.put(anItem(`retry.${index}`, { fresh: false }));
  dispatcher.offer(lane);
  const ids = answerSome(100).map((request) => String(request.headers[1]));
  expect(ids.filter((id) => id.startsWith('retry'))).toHaveLength(25);
});

test('slow exchanges give up their place among the quick ones, so that others are sent', async () => {
  dispatcher.offer(laneWith(300, { teamId: 'team_slow', id: 'ep_slow', concurrency: 300 }));
  dispatcher.offer(laneWith(10, { teamId: 'team_quick', id: 'ep_quick' }));
  const quick = () => held.filter((request) => request.teamId === 'team_quick').length;
  expect(held).toHaveLength(256);
  expect(quick()).toBe(0);
  await time.run(time.nowMs + 1_600);
  expect(quick()).toBe(8);
  expect(dispatcher.inFlight).toBe(308);
});

test('never are more under way for an endpoint than it allows', () => {
  const lane = laneWith(100, { concurrency: 3 });
  dispatcher.offer(lane);
  for (let round = 0; round < 90; round += 1) {
    expect(lane.inFlight).toBe(3);
    answerSome(1);
  }
});

test('a limited endpoint is sent to at its rate, and no faster (peers 6: convoy 1927)', async () => {
  const lane = laneWith(1_000, { ratePerSecond: 20, concurrency: 1_000 });
  dispatcher.offer(lane);
  const sent = held.length;
  for (let second = 0; second < 10; second += 1) {
    await time.run(time.nowMs + 1_000);
    answerSome(held.length - 1);
  }
  expect(settled.length + held.length - sent).toBeGreaterThanOrEqual(195);
  expect(settled.length + held.length).toBeLessThanOrEqual(10 * 20 + 2);
});

test('nothing is sent without a certain lease, nor when too much waits to be recorded', () => {
  maySend = false;
  dispatcher.offer(laneWith(10, { id: 'ep_1' }));
  expect(held).toHaveLength(0);
  maySend = true;
  unsettled = 4_096;
  dispatcher.run();
  expect(held).toHaveLength(0);
  unsettled = 4_095;
  dispatcher.run();
  expect(held).toHaveLength(8);
});

test('a request that cannot be made is an attempt that failed, and others go on', async () => {
  const broken = laneWith(1, { id: 'ep_broken' });
  broken.prepare = () => {
    throw new Error('no such key');
  };
  dispatcher.offer(broken);
  dispatcher.offer(laneWith(1, { id: 'ep_sound' }));
  await time.run(time.nowMs + 10);
  expect(held.map((request) => request.endpointId)).toEqual(['ep_sound']);
  expect(settled).toMatchObject([
    { outcome: 'retry', error: 'blocked', errorMessage: 'the request could not be made: no such key', delayMs: 60_000 },
  ]);
  expect(broken.inFlight).toBe(0);
});

test('what this machine could not begin is tried again, takes no place in the schedule and opens no breaker', () => {
  const lane = laneWith(30, { concurrency: 30, retry: { scheduleSeconds: [60], timeoutMs: 1 } }, { cycleAttempts: 1 });
  dispatcher.offer(lane);
  for (const request of held.splice(0)) {
    request.answer({
      kind: 'failure',
      error: 'local',
      message: 'no file is left',
      stage: 'before',
      reusedConnection: false,
      timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
    });
  }
  expect(settled.length).toBeGreaterThan(7);
  for (const one of settled) {
    expect(one).toMatchObject({ outcome: 'retry', error: 'local', delayMs: 10_000, counted: false });
  }
  expect(lane.breaker.state).toBe('closed');
});

test('what was answered 410 is not due before every node knows that its endpoint is disabled', () => {
  dispatcher.offer(laneWith(1, {}));
  answerSome(1, 410);
  expect(settled).toMatchObject([{ outcome: 'retry', status: 410, delayMs: 5_000 }]);
});

test('a stop starts nothing more and waits for what is under way', async () => {
  dispatcher.offer(laneWith(20, { concurrency: 2 }));
  let stopped = false;
  const stopping = dispatcher.stop().then(() => {
    stopped = true;
  });
  answerSome(1);
  await time.run(time.nowMs + 1);
  expect([stopped, held.length]).toEqual([false, 1]);
  answerSome(1);
  await stopping;
  expect(settled).toHaveLength(2);
});

test('what is settled tells what happened', () => {
  dispatcher.offer(
    laneWith(2, { concurrency: 2, retry: { scheduleSeconds: [60], timeoutMs: 1 } }, { cycleAttempts: 1 }),
  );
  held.shift()?.answer(answered(503, ['retry-after', '5']));
  held.shift()?.answer({
    kind: 'failure',
    error: 'timeout',
    message: 'no answer in time',
    stage: 'during',
    reusedConnection: false,
    timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
    partial: { status: 200, headers: ['server', 'x'], body: Buffer.from('{"par') },
  });
  expect(settled).toMatchObject([
    {
      outcome: 'dead',
      status: 503,
      error: 'http',
      responseHeaders: 'retry-after: 5',
      requestHeaders: 'to https://receiver.example/\nep_1.0',
      responseTruncated: false,
    },
    {
      outcome: 'dead',
      status: 200,
      error: 'timeout',
      errorMessage: 'no answer in time',
      responseHeaders: 'server: x',
      responseTruncated: true,
    },
  ]);
  expect(settled.map(({ responseBody }) => responseBody?.toString())).toEqual(['', '{"par']);
});
