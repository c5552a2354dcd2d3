import type { EndpointConfig } from '../../src/endpoints/endpoint-config.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import type { Behaviour } from './receivers.ts';
import type { Random } from './random.ts';

export type Team = { id: string; version: number; endpoints: ReadonlyMap<string, EndpointConfig> };

export const eventTypes = ['invoice.paid', 'document.signed'] as const;

/** The configuration as the database has it: teams and their endpoints, changed as a whole, with a rising version. */
export class World {
  readonly teams = new Map<string, Team>();
  private readonly teamOf = new Map<string, string>();

  constructor(random: Random, nowMs: number) {
    const ids = createIdSource({ now: () => nowMs }, (bytes) => random.fill(bytes));
    const schedules = [[], [1], [1, 5, 30], [2, 2, 2, 2, 2, 2], [60, 300, 1800, 7200]];
    for (let count = random.whole(1, 3); count > 0; count -= 1) {
      const teamId = ids.next('team');
      const endpoints = new Map<string, EndpointConfig>();
      for (let more = random.whole(1, 4); more > 0; more -= 1) {
        const id = ids.next('ep');
        const concurrency = random.pick([1, 1, 2, 8]);
        endpoints.set(id, {
          teamId,
          id,
          url: 'https://receiver.example/',
          eventTypes: random.chance(0.5) ? null : new Set([random.pick(eventTypes)]),
          sources: null,
          largeBodies: { inlineMaxBytes: 33_554_432, referenceSeconds: 86_400 },
          filter: null,
          signing: { scheme: 'standard-webhooks' },
          secrets: [],
          headers: [],
          clientTls: null,
          retry: { scheduleSeconds: random.pick(schedules), timeoutMs: random.pick([500, 5_000, 30_000]) },
          ratePerSecond: random.chance(0.25) ? random.pick([0.5, 2, 20]) : null,
          concurrency,
          ordering: random.chance(0.4) ? 'key' : 'none',
          disableAfterSeconds: 1_000_000,
          status: 'active',
        });
        this.teamOf.set(id, teamId);
      }
      this.teams.set(teamId, { id: teamId, version: 1, endpoints });
    }
  }

  get endpoints(): EndpointConfig[] {
    return [...this.teams.values()].flatMap((team) => [...team.endpoints.values()]);
  }

  endpoint(id: string): EndpointConfig {
    return this.teams.get(this.teamOf.get(id) as string)?.endpoints.get(id) as EndpointConfig;
  }

  subscribers(teamId: string, type: string): string[] {
    return subscribersOf(this.teams.get(teamId) as Team, type).map((endpoint) => endpoint.id);
  }

  /** @returns the team's new version. */
  setStatus(endpointId: string, status: EndpointConfig['status']): Team {
    const endpoint = this.endpoint(endpointId);
    const team = this.teams.get(endpoint.teamId) as Team;
    const endpoints = new Map(team.endpoints).set(endpointId, { ...endpoint, status });
    const changed = { id: team.id, version: team.version + 1, endpoints };
    this.teams.set(team.id, changed);
    return changed;
  }
}

export function subscribersOf(team: Team, type: string): EndpointConfig[] {
  return [...team.endpoints.values()].filter(({ eventTypes: types }) => types === null || types.has(type));
}

/** A behaviour for a while; `well` is the likeliest. */
export function anyBehaviour(random: Random): Behaviour {
  const kinds: Behaviour[] = [
    { kind: 'well' },
    { kind: 'well' },
    { kind: 'slow', latencyMs: random.between(50, 8_000) },
    { kind: 'status', status: random.pick([301, 400, 429, 500]), retryAfter: null },
    {
      kind: 'status',
      status: 503,
      retryAfter: random.pick(['0', '3', '120', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT']),
    },
    { kind: 'status', status: 410, retryAfter: null },
    { kind: 'flaps', share: random.between(0.1, 0.9) },
    { kind: 'hangs' },
    { kind: 'resets' },
    { kind: 'refuses' },
  ];
  return random.pick(kinds);
}
