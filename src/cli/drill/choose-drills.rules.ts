import type { DrillAnswer } from './drill-answers.ts';
import { isSafe } from './render-drill.rules.ts';

type Wish = { check: string | undefined; allSafe: boolean; subject: string | undefined };
type Choice = { drills: DrillAnswer[] } | { what: string; remedy: string; exitCode: 1 | 2 };

const subjectsNamed = 5;

/** Which drills are meant. A subject that the named drill is not about is a mistake: running nothing would look like success. */
export function chooseDrills(drills: readonly DrillAnswer[], { check, allSafe, subject }: Wish): Choice {
  if ((check === undefined) !== allSafe) {
    return { what: 'it is not clear what to run', remedy: 'name a check, or give --all-safe', exitCode: 2 };
  }
  if (check === undefined) return { drills: drills.filter((drill) => isSafe(drill) && drill.subjects.length > 0) };
  const drill = drills.find((each) => each.check === check);
  if (drill === undefined) {
    return { what: `there is no drill for ${check}`, remedy: 'see posthorn drill list', exitCode: 1 };
  }
  if (subject === undefined || drill.subjects.some(({ id }) => id === subject)) return { drills: [drill] };
  return { what: `${check} is not about ${subject}`, remedy: remedyFor(drill), exitCode: 1 };
}

function remedyFor({ subjects }: DrillAnswer): string {
  const ids = subjects.map(({ id }) => id);
  if (ids.length === 0) return 'there is nothing here yet that it is about; see posthorn drill list';
  if (ids.length === 1) return `it is about ${ids.join('')} alone: leave out --subject, or name that`;
  return `name one of ${ids.slice(0, subjectsNamed).join(', ')}${ids.length > subjectsNamed ? ', …' : ''}`;
}
