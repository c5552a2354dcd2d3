import { judgeBackground } from '../../src/drills/scalability/batch.runs-in-background.rules.ts';
import { judgeScaling } from '../../src/drills/scalability/node.scales-out-stateless.rules.ts';
import { judgePushBack } from '../../src/drills/scalability/queue.pushes-back-when-full.rules.ts';
import { judges } from './support/judges.ts';

const background = {
  events: 1_000,
  batchMs: 300,
  replayMs: 20,
  freeP95Ms: 20,
  busyP95Ms: 60,
  progressSeen: 4,
  resentAtKill: 400,
  finished: true,
  matched: 1_000,
  resent: 1_000,
  delivered: 1_000,
  redelivered: 1_000,
};
judges('background work', judgeBackground, background, [
  ['the request does it all', { replayMs: 6_000, progressSeen: 0, resentAtKill: 1_000 }, 'failed'],
  ['a count is doubled', { resent: 1_010 }, 'failed'],
  ['one is missing', { redelivered: 999 }, 'failed'],
  ['it stops', { finished: false }, 'failed'],
  ['others wait', { busyP95Ms: 400 }, 'failed'],
  ['it was over too early', { progressSeen: 0 }, 'unknown'],
  ['the machine is slow', { freeP95Ms: 600 }, 'unknown'],
]);

const full = {
  posts: 600,
  accepted: 150,
  pushedBack: 450,
  otherwise: 0,
  webhooks: 1_500,
  spooled: 700,
  spoolPushedBack: 800,
  spoolOtherwise: 0,
  heldBytes: 160_000_000,
  memoryGrowthBytes: 20_000_000,
  expected: 851,
  arrived: 851,
  takesAgainAfterMs: 900,
};
judges('pushing back', judgePushBack, full, [
  ['everything is kept in memory', { memoryGrowthBytes: 180_000_000 }, 'failed'],
  ['another answer', { otherwise: 1 }, 'failed'],
  ['the spool takes everything', { spoolPushedBack: 0 }, 'failed'],
  ['an accepted one is lost', { arrived: 850 }, 'failed'],
  ['nothing is taken again', { takesAgainAfterMs: null }, 'failed'],
  ['it was not too much', { pushedBack: 0 }, 'unknown'],
]);

const scaled = {
  steps: [{ says: 'a', holds: true }],
  accepted: 100,
  acceptedAfterKill: 40,
  missing: 0,
  doubled: 0,
  undelivered: 0,
};
judges('two nodes', judgeScaling, scaled, [
  ['a step differs', { steps: [{ says: 'a', holds: false }] }, 'failed'],
  ['nothing after the kill', { acceptedAfterKill: 0 }, 'failed'],
  ['one is lost', { missing: 1 }, 'failed'],
  ['one is doubled', { doubled: 1 }, 'failed'],
  ['one is not delivered', { undelivered: 1 }, 'failed'],
]);
