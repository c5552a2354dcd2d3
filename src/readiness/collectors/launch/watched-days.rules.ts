import type { Finding } from '../../finding.ts';
import { dayMs, failed, notApplicable, passed } from '../../finding.rules.ts';

type OfReview = NonNullable<Finding['reviews']>[string];
/** A summary of a day, Unix milliseconds of its beginning. */
export type SeenDay = {
  startMs: number;
  openedAtMs: number | null;
  closedAtMs: number | null;
  noteLength: number;
  crossed: number;
};
export type WatchedDays = {
  /** `startedAtMs` null: nothing of the review is promoted. */
  watches: readonly { reviewId: string; name: string; startedAtMs: number | null; days: readonly SeenDay[] }[];
};

/** A day is over, and so is the day that people have to look at it. */
const overdueAfterMs = 2 * dayMs;
const shortestNote = 10;

/** Days since a promotion that ought to have been seen by now, at most so many. */
function dueDays(startedAtMs: number | null, mostDays: number, nowMs: number): number[] {
  if (startedAtMs === null) return [];
  const first = Math.floor(startedAtMs / dayMs) * dayMs;
  return Array.from({ length: mostDays }, (_, index) => first + index * dayMs).filter(
    (startMs) => nowMs - startMs >= overdueAfterMs,
  );
}

/** Each of the first seven days was opened, and closed with a note within 24 hours of its end. */
export function judgeDailyReview({ watches }: WatchedDays, nowMs: number): Finding {
  return judgeDays(watches, 7, nowMs, (day) => {
    if (day?.openedAtMs == null) return 'was not opened';
    if (day.closedAtMs === null) return 'was not closed';
    if (day.closedAtMs - day.startMs > overdueAfterMs) return 'was closed too late';
    return day.noteLength < shortestNote ? 'has no note that says something' : null;
  });
}

/** Each of the first 28 days has its figures and was opened; one on which a limit was crossed, closed with a note. */
export function judgeWatchedDaily({ watches }: WatchedDays, nowMs: number): Finding {
  return judgeDays(watches, 28, nowMs, (day) => {
    if (day === undefined) return 'has no figures';
    if (day.openedAtMs === null) return 'was not opened';
    const isOpen = day.closedAtMs === null || day.noteLength < shortestNote;
    return day.crossed > 0 && isOpen ? 'crossed a limit, and nothing was noted' : null;
  });
}

function judgeDays(
  watches: WatchedDays['watches'],
  mostDays: number,
  nowMs: number,
  faultOf: (day: SeenDay | undefined) => string | null,
): Finding {
  const reviews = Object.fromEntries(
    watches.map((watch) => [watch.reviewId, ofReview(findingOf(judgedDays([watch])))]),
  );
  return { ...findingOf(judgedDays(watches)), reviews };

  function judgedDays(of: WatchedDays['watches']): { days: number; faults: string[] } {
    const due = of.flatMap(({ name, startedAtMs, days }) =>
      dueDays(startedAtMs, mostDays, nowMs).map((startMs) => {
        const what = faultOf(days.find((day) => day.startMs === startMs));
        return { what, text: `${new Date(startMs).toISOString().slice(0, 10)} of ${name} ${what ?? ''}` };
      }),
    );
    return { days: due.length, faults: due.filter(({ what }) => what !== null).map(({ text }) => text) };
  }
}

function findingOf({ days, faults }: { days: number; faults: readonly string[] }): Finding {
  if (days === 0) return notApplicable('No day since a promotion is over yet.');
  const values = { days, faults: faults.length };
  const command = 'POST /v1/teams/{team}/reviews/{review}/days/{date}/close';
  if (faults.length > 0) return failed(`${faults.slice(0, 3).join(', ')}.`, values, command);
  return passed(`All ${days} days that are over were looked at.`, values);
}

const ofReview = ({ state, seen, command }: Finding): OfReview => ({ state, seen, command });
