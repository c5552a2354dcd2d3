import { createIdSource } from '../../src/ids/id-source.ts';
import type { CheckState } from '../../src/readiness/finding.ts';
import { Problem } from '../../src/problem.ts';
import type { Integration, ReviewedCheck, Reviews, ReviewView } from '../../src/reviews/review.ts';

type Standing = { passed: boolean; checks: Record<string, CheckState> };

/** Reviews that stand as a test says: what promotions and the watch ask of them, and what they told. */
export type MemoryReviews = Reviews & {
  add(teamId: string, integration: Integration): string;
  state(reviewId: string): Standing;
  statusOf(reviewId: string): { status: string; because: string | null };
  runs: string[];
  /** By whom statuses were set; undefined: the gateway. */
  setBy: unknown[];
};

export function createMemoryReviews(clock: { now(): number }): MemoryReviews {
  const ids = createIdSource(clock);
  const views = new Map<string, ReviewView>();
  const standings = new Map<string, Standing>();
  const runs: string[] = [];
  const setBy: unknown[] = [];

  const view: Reviews['view'] = (_teamId, reviewId) => {
    const found = views.get(reviewId);
    const standing = standings.get(reviewId);
    if (found === undefined || standing === undefined)
      return Promise.reject(new Problem('not_found', 'no such review'));
    const because = standing.passed ? [] : ['a.check failed.'];
    const checks = Object.entries(standing.checks).map(([checkId, state]) =>
      checkOf(checkId, state, found.review.teamId),
    );
    return Promise.resolve({ ...found, checks, verdict: { passed: standing.passed, because } });
  };
  return {
    runs,
    setBy,
    add(teamId, integration) {
      const id = ids.next('rev');
      const nowMs = clock.now();
      const review = {
        id,
        teamId,
        name: 'Launch',
        checklists: [],
        integration,
        answers: {},
        status: 'open' as const,
        because: null,
        waiverCap: 3,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        version: 1,
      };
      const evidenceHash = 'a'.repeat(64);
      views.set(id, { review, evidenceHash } as unknown as ReviewView);
      standings.set(id, { passed: true, checks: { 'a.check': 'passed' } });
      return id;
    },
    state: (reviewId) => standings.get(reviewId) as Standing,
    statusOf: (reviewId) => (views.get(reviewId) as ReviewView).review,
    view,
    run(teamId, reviewId) {
      runs.push(reviewId);
      return view(teamId, reviewId);
    },
    setStatus({ reviewId, status, because, by }) {
      setBy.push(by);
      const found = views.get(reviewId) as ReviewView;
      views.set(reviewId, { ...found, review: { ...found.review, status, because } });
      return Promise.resolve();
    },
    watched: () => Promise.resolve([]),
  };
}

function checkOf(checkId: string, state: CheckState, teamId: string): ReviewedCheck {
  return {
    checkId,
    definition: { severity: 'blocker', remedy: 'Mend it.', title: checkId },
    subject: { kind: 'team', id: teamId, teamId, name: 'the team' },
    state,
    because: state === 'stale' ? 'Its time is over.' : null,
    evidence: null,
  } as unknown as ReviewedCheck;
}
