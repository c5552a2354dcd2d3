import type { RouteOptions } from 'fastify';

/** Remembers which methods each path takes, to tell a wrong method (405) from a wrong path (404). */
export type AllowedMethods = {
  add(route: Pick<RouteOptions, 'method' | 'url'>): void;
  /** The methods that this path takes, sorted; empty when there is no such path. */
  of(path: string): string[];
};

export function createAllowedMethods(): AllowedMethods {
  const patterns = new Map<string, { matches: RegExp; methods: Set<string> }>();
  return {
    add({ method, url }) {
      const known = patterns.get(url) ?? { matches: toRegExp(url), methods: new Set<string>() };
      for (const one of [method].flat()) known.methods.add(one);
      patterns.set(url, known);
    },
    of(path) {
      const found = [...patterns.values()].filter(({ matches }) => matches.test(path));
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}

function toRegExp(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('/')}$`);
}
