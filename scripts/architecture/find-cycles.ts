import type { SourceModule } from './read-modules.ts';

/**
 * Import cycles, type-only imports included: one shortest cycle for each knot of files that reach one another.
 * @returns each as the paths along the cycle, the first repeated at the end
 */
export function findCycles(modules: SourceModule[]): string[][] {
  const edges = new Map(
    modules.map((module) => [module.path, module.imports.flatMap(({ target }) => (target ? [target] : []))]),
  );
  const knotted = new Set<string>();
  const cycles: string[][] = [];
  for (const { path } of modules) {
    if (knotted.has(path)) continue;
    const cycle = shortestCycle(path, edges);
    if (!cycle) continue;
    for (const member of cycle) knotted.add(member);
    cycles.push(cycle);
  }
  return cycles;
}

function shortestCycle(start: string, edges: Map<string, string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const current of queue) {
    for (const next of edges.get(current) ?? []) {
      if (next === start) return [...pathBack(current, start, cameFrom), start];
      if (cameFrom.has(next) || !edges.has(next)) continue;
      cameFrom.set(next, current);
      queue.push(next);
    }
  }
  return undefined;
}

function pathBack(end: string, start: string, cameFrom: Map<string, string>): string[] {
  const path = [end];
  let current = end;
  while (current !== start) {
    current = cameFrom.get(current) ?? start;
    path.push(current);
  }
  return path.toReversed();
}
