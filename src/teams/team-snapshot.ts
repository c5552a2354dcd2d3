import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import type { SecretRow } from '../endpoints/read-endpoint-config.ts';
import { readEndpointConfig } from '../endpoints/read-endpoint-config.ts';
import { subscribesTo } from '../endpoints/subscription.rules.ts';
import type { SchemaCache } from '../event-types/schema-cache.ts';
import type { ProblemPointer } from '../problem.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { TeamRows } from './team-snapshot.store.ts';

/** A registered event type. `validate` is null when it has no schema; it answers null when the payload fits. */
type RegisteredEventType = { validate: ((payload: unknown) => ProblemPointer[] | null) | null };

/** All of a team's configuration at one version. Immutable. */
export type TeamSnapshot = {
  readonly teamId: string;
  /** `team.config_version` in the same database snapshot as all the rest. */
  readonly version: number;
  readonly name: string;
  /** What the team's own keys may post. Operational types (`posthorn.`) are not among them. */
  readonly eventTypes: ReadonlyMap<string, RegisteredEventType>;
  /** Every endpoint that takes this type, paused and disabled ones too: for them it is held, not dropped. */
  subscribers(eventType: string): readonly EndpointConfig[];
  readonly endpoints: ReadonlyMap<string, EndpointConfig>;
  /** When the first secret of a rotation expires, and with it this snapshot. */
  readonly validUntilMs: number | null;
};

/** Endpoints made before, by what they were made of: an endpoint that did not change keeps its object. */
export type MadeEndpoints = Map<string, { fingerprint: string; config: EndpointConfig }>;

const mostRememberedTypes = 1_000;

export function buildTeamSnapshot(options: {
  teamId: string;
  rows: TeamRows;
  sealer: Sealer;
  schemas: SchemaCache;
  made: MadeEndpoints;
}): { snapshot: TeamSnapshot; made: MadeEndpoints } {
  const { teamId, rows, sealer } = options;
  const secretsOf = Map.groupBy(rows.secrets, (secret: SecretRow) => secret.endpointId);
  const made: MadeEndpoints = new Map();
  for (const row of rows.endpoints) {
    const secrets = secretsOf.get(row.id) ?? [];
    const fingerprint = JSON.stringify([row, secrets]);
    const earlier = options.made.get(row.id);
    if (earlier?.fingerprint === fingerprint) made.set(row.id, earlier);
    else made.set(row.id, { fingerprint, config: readEndpointConfig(sealer, teamId, row, secrets) });
  }
  const endpoints = new Map([...made.values()].map(({ config }) => [config.id, config]));
  const expiries = rows.secrets.flatMap((secret) => secret.expiresAtMs ?? []);
  const snapshot: TeamSnapshot = {
    teamId,
    version: rows.version,
    name: rows.name,
    eventTypes: new Map(
      rows.eventTypes.map(({ name, schema }) => [
        name,
        { validate: schema === null ? null : options.schemas.get(schema) },
      ]),
    ),
    subscribers: rememberSubscribers([...endpoints.values()]),
    endpoints,
    validUntilMs: expiries.length === 0 ? null : Math.min(...expiries),
  };
  return { snapshot, made };
}

function rememberSubscribers(endpoints: readonly EndpointConfig[]): TeamSnapshot['subscribers'] {
  const remembered = new Map<string, readonly EndpointConfig[]>();
  return (eventType) => {
    const known = remembered.get(eventType);
    if (known !== undefined) return known;
    const found = endpoints.filter((endpoint) => subscribesTo(endpoint.eventTypes ?? ['*'], eventType));
    if (remembered.size < mostRememberedTypes) remembered.set(eventType, found);
    return found;
  };
}
