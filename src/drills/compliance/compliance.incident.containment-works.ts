import { randomBytes } from 'node:crypto';
import { readPublicKey } from '../../audit/checkpoint.rules.ts';
import { verifyExport } from '../../audit/verify-export.ts';
import type { Drill } from '../drill.ts';
import type { DrillNode, Json, ScratchTeam, Stage } from '../stage.ts';
import { ask } from '../security/operations.ts';
import { type ContainmentFacts, judgeContainment, type Order } from './compliance.incident.containment-works.rules.ts';

const withinMs = 60_000;
const secret = 'a-made-up-secret-of-a-drill';

type Scene = {
  nodes: readonly DrillNode[];
  team: ScratchTeam;
  member: string;
  memberKey: string;
  machineKey: { id: string; key: string };
  source: string;
  connection: string;
};

/** A team at work on two nodes: a member, a machine, a source, and a connection whose answers are remembered. */
async function makeScene(stage: Stage): Promise<Scene> {
  const database = await stage.database();
  // Nodes of one gateway share the key that opens what is sealed.
  const environment = { POSTHORN_MASTER_KEY: randomBytes(32).toString('base64') };
  const first = await stage.node({ database, environment });
  const second = await stage.node({ database, environment });
  const team = await first.team();
  const provider = await stage.receiver(() => ({
    status: 200,
    headers: { 'content-type': 'application/pdf' },
    body: '%PDF-1.7 drill',
  }));
  const post = async (path: string, body: Json) => first.want('POST', `/v1/teams/${team.id}/${path}`, { body });
  const member = await post('members', { name: 'Drill', email: 'member@drill.example', role: 'developer' });
  const memberKey = await post('api-keys', { name: 'drill', memberId: String(member['id']), permissions: ['*'] });
  const machine = await post('api-keys', { name: 'drill', permissions: ['*'] });
  const source = await post('sources', { provider: 'documenso', name: 'Drill', credentials: [{ value: secret }] });
  const connection = await post('connections', {
    provider: 'documenso',
    environment: 'sandbox',
    name: 'Drill',
    baseUrl: `${provider.url}/api/v2`,
    selfHosted: true,
    credentials: [{ fields: { token: 'api_a-made-up-token' } }],
  });
  return {
    nodes: [first, second],
    team,
    member: String(member['id']),
    memberKey: String(memberKey['key']),
    machineKey: { id: String(machine['id']), key: String(machine['key']) },
    source: String(source['id']),
    connection: String(connection['id']),
  };
}

/** What goes on until it is ordered to stop: whether a node lets it through. */
function createActivities(stage: Stage, scene: Scene) {
  const { team, connection, source } = scene;
  let number = 0;
  const statusOf = async (node: DrillNode, request: Omit<Parameters<typeof ask>[1], 'method'> & { method?: string }) =>
    (await ask(node.url, { method: 'GET', ...request }, stage.signal)).status;
  return {
    read: async (node: DrillNode, key: string) => (await statusOf(node, { path: `/v1/teams/${team.id}`, key })) === 200,
    notify: async (node: DrillNode) => {
      number += 1;
      const body = { event: 'DOCUMENT_SENT', payload: { id: number }, createdAt: new Date().toISOString() };
      const headers = { 'x-documenso-secret': secret };
      return (await statusOf(node, { method: 'POST', path: `/in/${source}`, key: null, body, headers })) === 200;
    },
    /** The same each time, so that the answer may come out of memory. */
    call: async (node: DrillNode) =>
      (await statusOf(node, {
        path: `/egress/${connection}/envelope/item/item_drill/download?version=signed`,
        key: team.key,
      })) === 200,
  };
}

/** Until no node, or with `wanted` every node, lets it through. */
async function awaitOn(
  stage: Stage,
  scene: Scene,
  what: string,
  wanted: boolean,
  lets: (node: DrillNode) => Promise<boolean>,
): Promise<Order> {
  const startedAt = performance.now();
  const done = await stage.until(
    async () => {
      for (const node of scene.nodes) if ((await lets(node)) !== wanted) return null;
      return true;
    },
    stage.paced(withinMs, 10_000),
  );
  const tookMs = done === null ? null : performance.now() - startedAt;
  stage.note(what, { tookMs: tookMs === null ? null : Math.round(tookMs) });
  return { what, tookMs };
}

/** Exports the team's log and verifies the export. */
async function evidenceFaults(stage: Stage, node: DrillNode, team: ScratchTeam): Promise<number | null> {
  const request = { method: 'GET', path: `/v1/teams/${team.id}/audit/export`, key: node.operatorKey };
  const { text } = await ask(node.url, request, stage.signal);
  const { publicKey } = await node.want('GET', '/v1/audit/public-key');
  const key = readPublicKey(String(publicKey));
  if (key === null) return null;
  const lines = async function* () {
    yield* text.split('\n').filter((line) => line !== '');
  };
  return (await verifyExport(lines(), { publicKey: key, others: [] })).faults.length;
}

export const containmentWorks: Drill = {
  checkId: 'compliance.incident.containment-works',
  subject: 'gateway',
  version: 1,
  does: 'Signs a member out, revokes keys, freezes a connection and pauses a source on two nodes, and undoes all of it.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 300,
  async run(stage) {
    const scene = await makeScene(stage);
    const { nodes, team, member, memberKey, machineKey, source, connection } = scene;
    const [first] = nodes as [DrillNode];
    const does = createActivities(stage, scene);
    const at = `/v1/teams/${team.id}`;
    const activities: [string, (node: DrillNode) => Promise<boolean>][] = [
      ['a member', (node) => does.read(node, memberKey)],
      ['a key', (node) => does.read(node, machineKey.key)],
      ['a source', does.notify],
      ['a connection', does.call],
    ];
    const worked: ContainmentFacts['worked'][number][] = [];
    for (const [what, lets] of activities) {
      for (const node of nodes) worked.push({ what, did: await lets(node) });
    }
    stage.note('a team is at work on two nodes', { activities: activities.length });
    const before = ((await first.want('GET', `${at}/events`))['data'] as unknown[]).length;

    await first.want('DELETE', `${at}/members/${member}`);
    const orders = [await awaitOn(stage, scene, 'a member is signed out', false, (node) => does.read(node, memberKey))];
    await first.want('DELETE', `${at}/api-keys/${machineKey.id}`);
    orders.push(await awaitOn(stage, scene, 'a key is revoked', false, (node) => does.read(node, machineKey.key)));
    await first.want('PATCH', `${at}/sources/${source}`, { body: { status: 'paused' } });
    orders.push(await awaitOn(stage, scene, 'a source is paused', false, does.notify));
    await first.want('PATCH', `${at}/connections/${connection}`, { body: { status: 'paused' } });
    const frozen = await awaitOn(stage, scene, 'a connection is frozen', false, does.call);
    orders.push(frozen);
    const after = ((await first.want('GET', `${at}/events`))['data'] as unknown[]).length;
    const faults = await evidenceFaults(stage, first, team);
    stage.note('kept and verified the evidence', { faults });

    const again = await first.want('POST', `${at}/members`, {
      body: { name: 'Drill', email: 'member@drill.example', role: 'developer' },
    });
    const grant = { name: 'drill', permissions: ['*'], memberId: String(again['id']) };
    const { key } = await first.want('POST', `${at}/api-keys`, { body: grant });
    await first.want('PATCH', `${at}/sources/${source}`, { body: { status: 'active' } });
    await first.want('PATCH', `${at}/connections/${connection}`, { body: { status: 'active' } });
    const undone = [
      await awaitOn(stage, scene, 'the member is back', true, (node) => does.read(node, String(key))),
      await awaitOn(stage, scene, 'the source takes again', true, does.notify),
      await awaitOn(stage, scene, 'the connection calls again', true, does.call),
    ];
    return judgeContainment({
      worked,
      orders,
      undone,
      servedWhileFrozen: frozen.tookMs === null ? 1 : 0,
      acknowledgedIsThere: after >= before && before >= nodes.length,
      evidenceFaults: faults,
    });
  },
};
