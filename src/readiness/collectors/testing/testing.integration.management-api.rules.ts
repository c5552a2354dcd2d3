import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import type { TestedReference } from './testing.negative.each-documented-refusal.rules.ts';

const refused = [403, 404];

/** Every operation was done once by the tests, and every one below a team was refused to a key of another team. */
export function judgeOperations({ release, described }: TestedReference): Finding {
  return judgePart(release, 'answers', ({ answered }) => {
    const byRoute = Map.groupBy(answered, ({ method, path }) => `${method} ${path}`);
    const names = described.map(({ method, path }) => ({
      name: `${method} ${path}`,
      isBelow: path.includes('{team}'),
    }));
    const of = (name: string): typeof answered => byRoute.get(name) ?? [];
    const undone = names.filter(({ name }) => !of(name).some(({ status }) => status >= 200 && status < 400));
    const below = names.filter(({ isBelow }) => isBelow);
    const open = below.filter(({ name }) => of(name).some(({ stranger, status }) => stranger && status < 400));
    const untried = below.filter(
      ({ name }) => !of(name).some(({ stranger, status }) => stranger && refused.includes(status)),
    );
    const values = {
      operations: names.length,
      belowTeams: below.length,
      untried: untried.length,
      undone: undone.length,
    };
    const listedNames = (some: typeof names): string => listed(some.map(({ name }) => name));
    if (open.length > 0) return failed(`Done with the key of another team: ${listedNames(open)}.`, values);
    if (untried.length > 0) return failed(`No key of another team was tried on ${listedNames(untried)}.`, values);
    if (undone.length > 0) return failed(`No test did ${listedNames(undone)}.`, values);
    if (names.length === 0) return failed('The reference has no operation.', values);
    return passed(`${counted(names.length, 'operation')}, all done and all guarded.`, values);
  });
}
