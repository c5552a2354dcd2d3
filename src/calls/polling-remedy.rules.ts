export type PollingPattern = 'repeat' | 'list-then-get';

/**
 * What to do instead of a call that repeats another one.
 * @param provider its title, and the events that its webhooks tell completion by; null for one that is unknown here.
 */
export function remedyOf(
  pattern: PollingPattern,
  provider: { title: string; completionEvents: readonly string[] } | null,
): string {
  const serving = 'or set polling.mode of the connection to serve, and repeats are answered from the first answer';
  if (pattern === 'list-then-get') {
    return `Keep the answer of the first list while its members are fetched, ${serving}.`;
  }
  const title = provider?.title ?? 'The provider';
  const [event] = provider?.completionEvents ?? [];
  const told = event === undefined ? 'a webhook' : `a webhook such as ${event}`;
  return `Wait for ${told}: name a source of ${title} in sources of the connection, and a call after an event is none; ${serving}.`;
}
