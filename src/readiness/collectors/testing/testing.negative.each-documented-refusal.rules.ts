import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, percentOf } from '../../finding.rules.ts';
import type { DescribedRoute } from '../../instruments.ts';
import { judgePart } from '../manifest.rules.ts';

export type TestedReference = { release: ReleaseFacts; described: readonly DescribedRoute[] };

const leastPercent = 95;
const neverMissing = [401, 403, 404, 409, 413, 422, 429];

/** What the reference says is refused was refused while the release was tested, and nothing else was. */
export function judgeRefusals({ release, described }: TestedReference): Finding {
  return judgePart(release, 'answers', ({ answered }) => {
    const known = new Set(described.map(({ method, path }) => `${method} ${path}`));
    const documented = described.flatMap(({ method, path, refusals }) =>
      refusals.map((status) => ({ pair: `${method} ${path} ${status}`, status })),
    );
    const pairs = new Set(documented.map(({ pair }) => pair));
    const met = new Set(
      answered
        .filter(({ method, path, status }) => status >= 400 && status < 500 && known.has(`${method} ${path}`))
        .map(({ method, path, status }) => `${method} ${path} ${status}`),
    );
    const missing = documented.filter(({ pair }) => !met.has(pair));
    const grave = missing.filter(({ status }) => neverMissing.includes(status)).map(({ pair }) => pair);
    const invented = [...met].filter((pair) => !pairs.has(pair));
    const percent = percentOf(documented.length - missing.length, documented.length);
    const values = { documented: documented.length, metPercent: percent, missing: missing.length };
    if (documented.length === 0) return failed('The reference documents no refusal.', values);
    if (invented.length > 0) return failed(`Answered, and not documented: ${listed(invented)}.`, values);
    if (grave.length > 0) return failed(`No test meets ${listed(grave)}.`, values);
    if (percent < leastPercent) return failed(`Tests meet ${percent} % of the documented refusals.`, values);
    return passed(`${counted(documented.length, 'documented refusal')}, ${percent} % met by tests.`, values);
  });
}
