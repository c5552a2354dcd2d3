import type { Integration } from './review.ts';
import type { MakeUp } from './scope.rules.ts';

/** What of a team an integration can be made of, with its provider where it has one. */
export type Part = { kind: 'source' | 'endpoint' | 'connection'; id: string; provider: string | null };

/** What an integration has of each kind, and whose providers they are. What was deleted counts, without a provider. */
export function makeUpOf(integration: Integration, parts: readonly Part[]): MakeUp {
  const ids = new Set([...integration.sources, ...integration.connections]);
  const providers = parts.flatMap(({ id, provider }) => (provider !== null && ids.has(id) ? [provider] : []));
  return {
    counts: {
      source: integration.sources.length,
      endpoint: integration.endpoints.length,
      connection: integration.connections.length,
    },
    providers: new Set(providers),
  };
}
