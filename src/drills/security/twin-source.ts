import type { Gateway, Json, ScratchTeam } from '../stage.ts';
import type { Options } from '../../providers/provider-profile.ts';
import type { TwinCredential } from './twin-identity.ts';
import type { SourceShape } from './twin-sender.ts';

/** What a twin of a source takes over of it: everything but its secrets, its place and its limits on who may send. */
export type SourceSettings = SourceShape & {
  allowAddresses: readonly string[] | null;
  dedupeWindowSeconds: number;
};

/** How a source of the gateway is set up, read over its API. @throws when it is gone */
export async function readSource(gateway: Gateway, teamId: string, id: string): Promise<SourceSettings> {
  const source = await gateway.want('GET', `/v1/teams/${teamId}/sources/${id}`);
  const credentials = source['credentials'] as { kind: string }[];
  return {
    provider: source['provider'] as string,
    options: source['options'] as Options,
    kinds: [...new Set(credentials.map(({ kind }) => kind))],
    acceptUncovered: source['acceptUncovered'] === true,
    allowAddresses: source['allowAddresses'] as readonly string[] | null,
    dedupeWindowSeconds: Number(source['dedupeWindowSeconds']),
  };
}

/** A source set up like another, with credentials of its own. */
export async function makeTwin(
  on: Gateway,
  team: ScratchTeam,
  {
    shape,
    sender,
    more = {},
  }: {
    shape: Pick<SourceShape, 'provider' | 'options' | 'acceptUncovered'>;
    sender: { credentials: readonly TwinCredential[] };
    more?: Readonly<Record<string, Json>>;
  },
): Promise<{ id: string; url: string }> {
  const made = await on.want('POST', `/v1/teams/${team.id}/sources`, {
    key: team.key,
    body: {
      provider: shape.provider,
      name: 'Twin',
      options: { ...shape.options },
      acceptUncovered: shape.acceptUncovered,
      credentials: sender.credentials.map(({ kind, name, value }) => ({ kind, name, value })),
      ...more,
    },
  });
  // Its public address may lie behind a proxy: the gateway itself is meant.
  const id = String(made['id']);
  return { id, url: `${on.url}/in/${id}` };
}

/** How many events a source brought, counted to 500. */
export async function eventsOf(on: Gateway, team: ScratchTeam, sourceId: string): Promise<number> {
  const path = `/v1/teams/${team.id}/events?source=${sourceId}&limit=500`;
  const { data } = await on.want('GET', path, { key: team.key });
  return (data as unknown[]).length;
}
