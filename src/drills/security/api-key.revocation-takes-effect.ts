import type { Agent } from 'undici';
import { openConnections, sendRequest } from '../../simulation/send-request.ts';
import type { Drill } from '../drill.ts';
import { sharingNodes } from '../reliability/two-nodes.ts';
import type { DrillNode, Gateway, Stage } from '../stage.ts';
import { judgeRevocation, type RevocationFacts } from './api-key.revocation-takes-effect.rules.ts';

const everyMs = 200;
const allowedMs = 5_000;

type Answer = { atMs: number; status: number | null };

/** Calls a node again and again over one connection, until it is told to stop. */
function callOnOneConnection(stage: Stage, agent: Agent, { url }: Gateway, path: string, key: string) {
  const answers: Answer[] = [];
  const over = new AbortController();
  const request = {
    method: 'GET' as const,
    url: url + path,
    headers: [['authorization', `Bearer ${key}`]] as const,
    body: Buffer.alloc(0),
  };
  const done = (async () => {
    while (!over.signal.aborted) {
      const { status } = await sendRequest(agent, request, { timeoutMs: 5_000, signal: stage.signal });
      answers.push({ atMs: performance.now(), status });
      await stage.pause(everyMs);
    }
  })();
  return {
    async end(): Promise<readonly Answer[]> {
      over.abort();
      await done;
      return answers;
    },
  };
}

export const revocationTakesEffect: Drill = {
  checkId: 'api-key.revocation-takes-effect',
  subject: 'gateway',
  version: 1,
  does: 'Calls two nodes over one database with a key, each over one connection, and revokes the key meanwhile.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const [first, second] = (await sharingNodes(stage, 2)).nodes as [DrillNode, DrillNode];
    const nodes = [
      { name: 'the node that revoked', node: first },
      { name: 'the other node', node: second },
    ];
    const team = await first.team();
    const at = `/v1/teams/${team.id}`;
    const made = await first.want('POST', `${at}/api-keys`, { body: { name: 'drill', permissions: ['teams:read'] } });
    const agents = nodes.map(() => openConnections({ connections: 1, caPem: undefined }));
    try {
      const calls = nodes.map(({ name, node }, index) => ({
        name,
        calls: callOnOneConnection(stage, agents[index] as Agent, node, at, String(made['key'])),
      }));
      stage.note('calls two nodes with a new key', { everyMs });
      await stage.pause(2_000);
      await first.want('DELETE', `${at}/api-keys/${String(made['id'])}`);
      const revokedAtMs = performance.now();
      const withinMs = stage.paced(allowedMs, 2_000);
      stage.note('revoked the key at the first node');
      await stage.pause(withinMs + stage.paced(5_000, 2_000));
      const seen: RevocationFacts['nodes'][number][] = [];
      for (const { name, calls: each } of calls) {
        const answers = await each.end();
        const facts = answers.map(({ atMs, status }) => ({ afterMs: atMs - revokedAtMs, status }));
        seen.push({ name, answers: facts });
        stage.note('asked', { node: name, answers: facts.length, lastStatus: facts.at(-1)?.status ?? null });
      }
      const path = `${at}/audit?action=api-key.revoked&target=${String(made['id'])}`;
      const { data } = await first.want('GET', path);
      const [entry] = data as { actor: { kind: string } }[];
      return judgeRevocation({ nodes: seen, withinMs, revokedBy: entry?.actor.kind ?? null });
    } finally {
      for (const agent of agents) await agent.destroy();
    }
  },
};
