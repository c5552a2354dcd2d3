import type { ServedAnswer, ServedRequest } from './served.ts';

/** What a path's variables stand for. All that the route names are there. */
export type PathValues = Readonly<Record<string, string>>;
type Handler = (request: ServedRequest, values: PathValues) => ServedAnswer;
/** `GET /envelope/:envelopeId` to what answers it. */
export type RouteTable = Readonly<Record<string, Handler>>;

type Route = { method: string; parts: readonly string[]; handler: Handler };
type Found = { kind: 'found'; handle: (request: ServedRequest) => ServedAnswer } | { kind: 'method' | 'none' };

/** Finds the route of a path; fixed parts come before variables. `method`: there is one, for another method. */
export function createRouter(table: RouteTable): (method: string, path: string) => Found {
  const routes = Object.entries(table).map(([name, handler]): Route => {
    const [method = '', path = ''] = name.split(' ');
    return { method, parts: path.split('/'), handler };
  });
  // Text without a colon in front sorts fixed parts first, part by part.
  const rank = ({ parts }: Route): string => parts.map((part) => (part.startsWith(':') ? '1' : '0')).join('');
  routes.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));

  return (method, path) => {
    const given = path.replace(/\/$/, '').split('/');
    const matching = routes.filter(({ parts }) => matches(parts, given));
    const route = matching.find((each) => each.method === method);
    if (route === undefined) return { kind: matching.length > 0 ? 'method' : 'none' };
    const values: Record<string, string> = {};
    for (const [index, part] of route.parts.entries()) {
      if (part.startsWith(':')) values[part.slice(1)] = decoded(given[index] ?? '');
    }
    return { kind: 'found', handle: (request) => route.handler(request, values) };
  };
}

function matches(parts: readonly string[], given: readonly string[]): boolean {
  if (parts.length !== given.length) return false;
  return parts.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
