import { counted, failed, listed, passed } from '../../finding.rules.ts';
import type { Finding } from '../../finding.ts';
import type { ReferenceFacts } from '../../instruments.ts';

export type CoveredRoutes = Pick<ReferenceFacts, 'routes' | 'described'>;

const nameOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;

/** Every route is described as it is, and nothing is described that does not answer. */
export function judgeReference({ routes, described }: CoveredRoutes): Finding {
  const answering = new Map(routes.map((route) => [nameOf(route), route]));
  const known = new Set(described.map(nameOf));
  const missing = [...answering.keys()].filter((name) => !known.has(name));
  const invented = described.map(nameOf).filter((name) => !answering.has(name));
  const poor = described.filter(
    ({ hasSummary, hasSuccess, describesInput }) => !hasSummary || !hasSuccess || !describesInput,
  );
  const wrong = described.filter((each) => {
    const route = answering.get(nameOf(each));
    return route !== undefined && route.permission !== each.permission;
  });
  const values = {
    routes: answering.size,
    described: described.length,
    missing: missing.length,
    invented: invented.length,
  };
  if (answering.size === 0) return failed('The routing table is empty.', values);
  if (missing.length > 0) return failed(`Not described: ${listed(missing)}.`, values);
  if (invented.length > 0) return failed(`Described and not there: ${listed(invented)}.`, values);
  if (poor.length > 0)
    return failed(`Described without summary, input or success: ${listed(poor.map(nameOf))}.`, values);
  if (wrong.length > 0) return failed(`Described with another permission: ${listed(wrong.map(nameOf))}.`, values);
  return passed(`${counted(answering.size, 'route')}, all described.`, values);
}
