import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { uuidFromId } from '../../ids/id.rules.ts';
import type { Gateway, ScratchTeam } from '../stage.ts';
import { type ForeignRequest, judgeIsolation, nameOfRead } from './access.teams-isolated.rules.ts';
import { type Holdings, holdingsOf, lastPart, makeMarkedTeam, pathToHeld, statesOf } from './marked-team.ts';
import { ask, guardedOperations } from './operations.ts';
import { filled, nameOf, type Operation } from './operations.rules.ts';
import { countRowsOfTeams, hideAllRows } from './rows-of-team.ts';
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

const anId = /^[a-z]+_[0-7][0-9a-z]{25}$/;

/** Which reads show something that the team has: its mark, or the id of one of its things. */
async function readsShowing(
  node: Gateway,
  team: ScratchTeam,
  { operations, holdings, mark }: { operations: readonly Operation[]; holdings: Holdings; mark: string },
  signal: AbortSignal,
): Promise<Set<string>> {
  const marks = [mark, ...[...holdings.values()].flat().filter((name) => anId.test(name))];
  const found = new Set<string>();
  for (const operation of operations) {
    if (operation.method !== 'GET' || !operation.path.startsWith('/v1/teams/{team}/')) continue;
    const path = operation.path.includes('/{', '/v1/teams/{team}'.length)
      ? pathToHeld(operation.path, team.id, holdings)
      : filled(operation.path, team.id, 'x');
    if (path === null) continue;
    const { status, text } = await ask(node.url, { method: 'GET', path, key: team.key }, signal);
    if (status === 200 && marks.some((each) => text.includes(each))) found.add(nameOfRead(operation));
  }
  return found;
}

/** What a gateway says of its own row-level security. */
async function rowSecurityOf(gateway: Gateway): Promise<string> {
  const { body } = await gateway.call('GET', '/readyz', { key: null });
  const checks = (body['checks'] ?? []) as { name: string; detail: string }[];
  return checks.find(({ name }) => name === 'row-security')?.detail ?? 'nothing is said of row-level security';
}

export const teamsIsolated: Drill = {
  checkId: 'access.teams-isolated',
  subject: 'gateway',
  version: 2,
  does: 'Reaches for the marked things of one team with the key of another, through every operation of a second gateway, and by queries without a condition on the team.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 300,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database });
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

    const tables = await countRowsOfTeams(database, own, uuidFromId(own.id));
    stage.note('counted every row without a condition, on behalf of one team', {
      tables: tables.length,
      rowsOfOthers: tables.reduce((sum, { others }) => sum + others.stored, 0),
      seenOfOthers: tables.reduce((sum, { others }) => sum + others.seen, 0),
    });
    const things = { operations, holdings: await holdingsOf(node, foreign, lists), mark };
    const shown = await readsShowing(node, foreign, things, stage.signal);
    await hideAllRows(database);
    const hidden = await readsShowing(node, foreign, things, stage.signal);
    stage.note('hid every row by policy', { shownBefore: shown.size, shownStill: [...hidden].join(', ') });
    const reads = [...shown].map((operation) => ({ operation, shown: true, shownWhenHidden: hidden.has(operation) }));
    return judgeIsolation({
      requests,
      kinds: [...holdings.keys()].map(lastPart),
      changed,
      markSeenByOwner,
      tables,
      reads,
      inUse: await rowSecurityOf(stage.gateway),
    });
  },
};
