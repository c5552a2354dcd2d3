import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { type ForeignRequest, judgeIsolation } from './access.teams-isolated.rules.ts';
import { type Holdings, holdingsOf, lastPart, makeMarkedTeam, pathToHeld, statesOf } from './marked-team.ts';
import { ask, guardedOperations } from './operations.ts';
import { filled, nameOf, type Operation } from './operations.rules.ts';
import { sampleBody } from './sample-body.rules.ts';

/** Whose entries come of this drill's own requests. */
const moving = /\/(audit|calls|readiness|runs|drills)$/;

/** A list's path below the own team, with foreign ids wherever a filter may name something. */
function filteredByForeign(path: string, ownTeam: string, foreign: Holdings): string {
  const one = (kind: string): string => foreign.get(kind)?.[0] ?? 'x';
  const filters = {
    endpoint: one('endpoints'),
    source: one('sources'),
    event: one('events'),
    connection: one('connections'),
  };
  return `${filled(path, ownTeam, 'x')}?${new URLSearchParams(filters).toString()}`;
}

export const teamsIsolated: Drill = {
  checkId: 'access.teams-isolated',
  subject: 'gateway',
  version: 1,
  does: 'Reaches for the marked things of one team with the key of another, through every operation of a second gateway.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node();
    const mark = `mark${randomBytes(8).toString('hex')}`;
    const foreign = await makeMarkedTeam(stage, node, mark);
    const own = await node.team();
    const operations = (await guardedOperations(node)).filter(({ permission }) => permission !== 'operator');
    const lists = operations
      .filter(({ method, path }) => method === 'GET' && /^\/v1\/teams\/\{team\}\/[a-z-]+$/.test(path))
      .map(({ path }) => path);
    const still = lists.filter((path) => !moving.test(path));
    const holdings = await holdingsOf(node, foreign, lists);
    const before = await statesOf(node, foreign, still);
    stage.note('made a team with marked things', { kinds: [...holdings.keys()].join(', ') });

    const requests: ForeignRequest[] = [];
    const reach = async (way: ForeignRequest['way'], operation: Operation, path: string): Promise<void> => {
      const { method, body } = operation;
      const sent = body === null || method === 'GET' ? {} : { body: sampleBody(body) };
      const { status, text } = await ask(node.url, { method, path, key: own.key, ...sent }, stage.signal);
      requests.push({ operation: nameOf(operation), way, status, marked: text.includes(mark) });
    };
    for (const operation of operations) {
      if (operation.team) await reach('team', operation, filled(operation.path, foreign.id, 'x'));
      const path = pathToHeld(operation.path, own.id, holdings);
      if (path !== null) await reach('id', operation, path);
      if (lists.includes(operation.path) && operation.method === 'GET') {
        await reach('filter', operation, filteredByForeign(operation.path, own.id, holdings));
      }
    }
    const [connection = 'x'] = holdings.get('connections') ?? [];
    const egress = {
      method: 'GET',
      path: '/egress/{connection}/x',
      permission: 'connections:call',
      team: false,
      body: null,
    };
    await reach('id', egress, `/egress/${connection}/envelope`);
    for (const way of ['team', 'id', 'filter'] as const) {
      stage.note(`named a foreign ${way}`, { requests: requests.filter((each) => each.way === way).length });
    }

    const after = await statesOf(node, foreign, still);
    const changed = [...before].filter(([name, state]) => after.get(name) !== state).map(([name]) => name);
    const event = holdings.get('events')?.[0] ?? 'x';
    const body = { method: 'GET', path: `/v1/teams/${foreign.id}/events/${event}/body`, key: foreign.key };
    const markSeenByOwner = (await ask(node.url, body, stage.signal)).text.includes(mark);
    return judgeIsolation({ requests, kinds: [...holdings.keys()].map(lastPart), changed, markSeenByOwner });
  },
};
