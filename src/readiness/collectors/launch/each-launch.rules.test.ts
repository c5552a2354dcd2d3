import { expect, test } from 'vitest';
import { findingOfReview } from '../../finding-of-review.rules.ts';
import { fault, judgeEach, notYet, open, sound } from './each-launch.rules.ts';
import { judgeDailyReview, judgeWatchedDaily } from './watched-days.rules.ts';

const say = { holds: 'All is well.', none: 'Nothing is launched.', command: 'PUT the plan' };
const launches = [
  { reviewId: 'rev_sound', name: 'Sound', of: sound },
  { reviewId: 'rev_bare', name: 'Bare', of: fault('it has no launch plan.') },
  { reviewId: 'rev_unmeasured', name: 'Unmeasured', of: open('it was never measured.') },
  { reviewId: 'rev_later', name: 'Later', of: notYet },
];

test('a team fails by one review, and each review has what is its own', () => {
  const finding = judgeEach(launches, ({ of }) => of, say);
  expect(finding).toMatchObject({ state: 'failed', seen: 'Bare: it has no launch plan.' });
  const own = launches.map(({ reviewId }) => findingOfReview(finding, reviewId));
  expect(own).toEqual([
    { state: 'passed', seen: 'All is well.', command: null, values: [] },
    { state: 'failed', seen: 'This review: it has no launch plan.', command: 'PUT the plan', values: [] },
    { state: 'unknown', seen: 'This review: it was never measured.', command: 'PUT the plan', values: [] },
    { state: 'not-applicable', seen: 'Nothing is launched.', command: null, values: [] },
  ]);
  expect(findingOfReview(finding, 'rev_not-there')).toBeNull();
});

test('with no review at all, none was judged', () => {
  const finding = judgeEach([], () => sound, say);
  expect(finding.state).toBe('not-applicable');
  expect(findingOfReview(finding, 'rev_new')).toBeNull();
});

test.each([judgeDailyReview, judgeWatchedDaily])(
  'a day of one review that nobody saw is no fault of another',
  (judge) => {
    const startMs = Date.parse('2026-11-10T00:00:00Z');
    const nowMs = startMs + 3 * 86_400_000;
    const [openedAtMs, closedAtMs] = [startMs + 3_600_000, startMs + 7_200_000];
    const seen = [0, 1].map((day) => ({
      startMs: startMs + day * 86_400_000,
      openedAtMs: openedAtMs + day * 86_400_000,
      closedAtMs: closedAtMs + day * 86_400_000,
      noteLength: 20,
      crossed: 0,
    }));
    const watches = [
      { reviewId: 'rev_seen', name: 'Seen', startedAtMs: startMs, days: seen },
      { reviewId: 'rev_unseen', name: 'Unseen', startedAtMs: startMs, days: [] },
      { reviewId: 'rev_sandbox', name: 'Sandbox', startedAtMs: null, days: [] },
    ];
    const finding = judge({ watches }, nowMs);
    expect(finding.state).toBe('failed');
    const states = watches.map(({ reviewId }) => findingOfReview(finding, reviewId)?.state);
    expect(states).toEqual(['passed', 'failed', 'not-applicable']);
  },
);
