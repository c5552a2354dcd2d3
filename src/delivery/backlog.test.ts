import { expect, test } from 'vitest';
import { aLane, anEndpoint, anItem } from '../../tests/support/delivery-parts.ts';
import { VirtualTime } from '../../tests/simulation/virtual-time.ts';
import { createBacklog } from './backlog.ts';
import type { DeliveryItem } from './delivery-ports.ts';

/** A queue with these endpoints waiting, one delivery each, and a backlog that looks at it. */
function rig(endpoints: string[], more: Partial<Parameters<typeof createBacklog>[0]> = {}) {
  const time = new VirtualTime(0);
  const claimed: DeliveryItem[] = [];
  const errors: unknown[] = [];
  const log: string[] = [];
  let left = [...endpoints];
  const backlog = createBacklog({
    store: {
      waitingEndpoints() {
        log.push('look');
        return Promise.resolve(left.map((endpointId) => ({ teamId: 'team_1', endpointId, dueInMs: 0 })));
      },
      claim(_epoch, wants) {
        log.push('claim');
        left = left.filter((id) => !wants.some((want) => want.endpointId === id));
        return Promise.resolve(
          wants.map(({ endpointId }) => anItem(`dlv.${endpointId}`, { endpointId, fresh: false })),
        );
      },
    },
    timers: time,
    now: () => time.nowMs,
    epoch: () => 1,
    mayClaim: () => true,
    memoryRoomBytes: () => 1e9,
    laneOf: (_team, id) => Promise.resolve(aLane(anEndpoint({ id }))),
    onClaimed: (_lane, items) => claimed.push(...items),
    releaseUnheld() {
      log.push('release unheld');
      return Promise.resolve();
    },
    onError: (error) => errors.push(error),
    ...more,
  });
  return { time, backlog, claimed, errors, log };
}

test('an empty queue costs four looks a minute (peers 7: outpost 1014)', async () => {
  const { time, backlog, log } = rig([]);
  backlog.start();
  await time.run(60_000 * 10);
  expect(log.length).toBeLessThanOrEqual(41);
  expect(new Set(log)).toEqual(new Set(['look']));
});

test('an endpoint that cannot be used as it is configured does not hold up the others', async () => {
  const { time, backlog, claimed, errors } = rig(['ep_bad', 'ep_good'], {
    laneOf: (_team, id) =>
      id === 'ep_bad'
        ? Promise.reject(new Error('its secret does not open'))
        : Promise.resolve(aLane(anEndpoint({ id }))),
  });
  backlog.start();
  await time.run(1_000);
  expect(claimed.map((item) => item.endpointId)).toEqual(['ep_good']);
  expect(String(errors[0])).toContain('its secret does not open');
});

test('looks again by itself after an error (peers 1)', async () => {
  let fails = 3;
  const { time, backlog, claimed, errors } = rig(['ep_1'], {
    epoch() {
      fails -= 1;
      if (fails >= 0) throw new Error('gone');
      return 1;
    },
  });
  backlog.start();
  await time.run(10_000);
  expect(errors).toHaveLength(3);
  expect(claimed).toHaveLength(1);
});

test('what a claim without an answer took is given back at every look until no statement can be left', async () => {
  const { time, backlog, log } = rig([], {});
  const failing = rig(['ep_1'], {
    store: {
      waitingEndpoints: () => Promise.resolve([{ teamId: 'team_1', endpointId: 'ep_1', dueInMs: 0 }]),
      claim: () => Promise.reject(new Error('Connection terminated')),
    },
  });
  failing.backlog.start();
  await failing.time.run(10_000);
  expect(failing.log.filter((entry) => entry === 'release unheld').length).toBeGreaterThanOrEqual(8);
  backlog.start();
  await time.run(100_000);
  expect(log).not.toContain('release unheld');
});

test('claims nothing while it may not', async () => {
  const { time, backlog, log } = rig(['ep_1'], { mayClaim: () => false });
  backlog.start();
  await time.run(30_000);
  expect(log).toEqual([]);
});
