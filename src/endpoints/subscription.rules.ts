/**
 * What an endpoint may subscribe to: an event type by name, a family by a trailing wildcard (`invoice.*`), or `*`.
 * `*` leaves out `posthorn.` types: who wants operational events names them, or writes `posthorn.*`.
 */
export const subscriptionPattern = '^(?:\\*|[A-Za-z0-9][A-Za-z0-9_.:-]{0,126}(?:\\.\\*)?)$';

const operationalPrefix = 'posthorn.';

/** Whether any of the patterns takes events of this type. */
export function subscribesTo(patterns: Iterable<string>, eventType: string): boolean {
  for (const pattern of patterns) {
    if (pattern === eventType) return true;
    if (pattern === '*') {
      if (!eventType.startsWith(operationalPrefix)) return true;
    } else if (pattern.endsWith('.*') && eventType.startsWith(pattern.slice(0, -1))) return true;
  }
  return false;
}
