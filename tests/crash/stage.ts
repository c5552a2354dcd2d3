import type { Api } from '../support/api.ts';
import { makeTeam } from '../support/api.ts';
import type { JournalReceiver } from '../support/journal-receiver.ts';
import type { Random } from '../simulation/random.ts';
import { inboundEvents, inboundSecret, type Provider } from './inbound-requests.ts';

/** The teams, sources and endpoints that all rounds play on. Places at the receiver are `<team number>-<what it is>`. */
export type Stage = {
  teams: { id: string; number: number; heldEndpointId: string }[];
  sources: { id: string; teamId: string; provider: Provider }[];
  /** Endpoint ids by place, and places by endpoint id. */
  places: Map<string, string>;
  /** From now on every endpoint answers well, the dead ones too. */
  heal(): void;
};

const teamCount = 3;
const kinds = ['healthy', 'flaky', 'slow', 'ordered', 'held', 'dead'] as const;
const providers: readonly Provider[] = ['documenso', 'goroute'];
const inOrder = providers.map((provider) => inboundEvents[provider].next);
const inbound = [...inOrder, ...providers.flatMap((provider) => inboundEvents[provider].single)];
const types = ['thing.made', 'thing.slow', 'thing.moved', 'thing.kept', 'thing.lost'];

export async function buildStage(api: Api, receiver: JournalReceiver, random: Random): Promise<Stage> {
  const stage: Stage = { teams: [], sources: [], places: new Map(), heal: () => undefined };
  const chance = random.fork();
  let healed = false;
  stage.heal = () => {
    healed = true;
  };
  for (let number = 0; number < teamCount; number += 1) {
    const at = (kind: (typeof kinds)[number]) => `${number}-${kind}`;
    const soon = { scheduleSeconds: [1, 1, 1, 2, 3, 5, 8, 13, 21, 34], timeoutMs: 20_000 };
    const endpoints = [
      { url: receiver.url(at('healthy')), eventTypes: ['thing.made', 'thing.slow', ...inbound], concurrency: 16 },
      { url: receiver.url(at('flaky')), eventTypes: ['thing.made'], retry: soon, concurrency: 16 },
      { url: receiver.url(at('slow')), eventTypes: ['thing.slow'], retry: soon, concurrency: 8 },
      { url: receiver.url(at('ordered')), eventTypes: ['thing.moved', ...inOrder], retry: soon, ordering: 'key' },
      { url: receiver.url(at('held')), eventTypes: ['thing.kept'], retry: soon, concurrency: 2, status: 'paused' },
      { url: receiver.url(at('dead')), eventTypes: ['thing.lost'], retry: { scheduleSeconds: [1], timeoutMs: 20_000 } },
    ];
    const options = { types: [...types, ...inbound], endpoints, name: `team ${number}` };
    const { teamId, endpointIds } = await makeTeam(api, options);
    for (const provider of providers) {
      const source = { provider, name: provider, credentials: [{ value: inboundSecret }] };
      const { id } = await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/sources`, source);
      stage.sources.push({ id, teamId, provider });
    }
    endpointIds.forEach((id, index) => stage.places.set(id, at(kinds[index] as (typeof kinds)[number])));
    stage.teams.push({ id: teamId, number, heldEndpointId: endpointIds[kinds.indexOf('held')] as string });

    receiver.behave(at('flaky'), () => (!healed && chance.chance(0.25) ? 500 : 200));
    receiver.behave(at('ordered'), () => (!healed && chance.chance(0.04) ? 500 : 200));
    receiver.behave(at('dead'), () => (healed ? 200 : 500));
    const slowly = async () => {
      if (!healed) await new Promise((resolve) => setTimeout(resolve, chance.whole(20, 120)));
      return 200;
    };
    receiver.behave(at('slow'), slowly);
    // Something waits in memory when it is paused, and has to be given back.
    receiver.behave(at('held'), slowly);
  }
  return stage;
}
