import type { Drill } from '../drill.ts';
import type { DrillNode, DrillReceiver, Stage } from '../stage.ts';
import { type DrillTeam, drillTeam, textOf } from '../reliability/drill-team.ts';
import { sharingNodes } from '../reliability/two-nodes.ts';
import { judgeScaling } from './node.scales-out-stateless.rules.ts';
import { takeFlow } from './two-node-flow.ts';

const type = 'drill.shared';
const loadMs = 20_000;
const leastLoadMs = 3_000;
const takenOverWithinMs = 60_000;

/** How much more two nodes can do is measured by the benchmark, not here: other work on the machine would decide it. */
export const scalesOutStateless: Drill = {
  checkId: 'node.scales-out-stateless',
  subject: 'gateway',
  version: 1,
  does: 'Takes one flow by turns on two nodes of its own, posts to both, and kills one of them.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const { database, nodes } = await sharingNodes(stage, 2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
    const team = await drillTeam(first, [type]);
    const receiver = await stage.receiver();
    await team.endpoint({ url: receiver.url, eventTypes: [type], retry: { scheduleSeconds: [1, 2, 4, 8] } });
    stage.note('Two nodes on one database.');
    const steps = await takeFlow(stage, { team, first, second, receiver, type });
    for (const { says, holds } of steps) stage.note(says, { holds });
    stage.progress(1, 3);

    const before = await postTo(stage, team, [first, second], stage.paced(loadMs, leastLoadMs), 'before');
    const killed = first.kill();
    const after = await postTo(stage, team, [first, second], stage.paced(loadMs, leastLoadMs) / 2, 'after');
    await killed;
    stage.note('Both took events, and the first was killed.', { before: before.length, after: after.length });
    stage.progress(2, 3);

    const accepted = [...before, ...after];
    const undelivered = (): number => missingAt(receiver, accepted);
    await stage.until(() => Promise.resolve(undelivered() === 0 ? true : null), takenOverWithinMs);
    const known = new Set((await team.at(second).list<{ id: string }>(`/events?type=${type}`)).map(({ id }) => id));
    const [counted] = await database.query<{ doubled: number }>(
      `SELECT count(*)::int AS doubled FROM (
         SELECT convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'load' AS load FROM event WHERE type = $1 GROUP BY 1
           HAVING count(*) > 1) d WHERE load IS NOT NULL`,
      [type],
    );
    const missing = accepted.filter((id) => !known.has(id)).length;
    const facts = { missing, doubled: counted?.doubled ?? 0, undelivered: undelivered() };
    stage.note('What became of them.', { accepted: accepted.length, ...facts });
    stage.progress(3, 3);
    return judgeScaling({ steps, accepted: accepted.length, acceptedAfterKill: after.length, ...facts });
  },
};

/** Ids of what was accepted. What is not answered by one node is sent to the next again, under its key. */
async function postTo(
  stage: Stage,
  team: DrillTeam,
  nodes: readonly DrillNode[],
  lastsMs: number,
  name: string,
): Promise<string[]> {
  const accepted: string[] = [];
  const startedAtMs = Date.now();
  for (let index = 0; Date.now() - startedAtMs < lastsMs; index += 1) {
    const load = `${name}-${index}`;
    for (let tries = 0; tries < nodes.length; tries += 1) {
      const node = nodes[(index + tries) % nodes.length] as DrillNode;
      const body = { type, payload: { load }, idempotencyKey: load };
      const answer = await team
        .at(node)
        .call('POST', '/events', body)
        .catch(() => null);
      stage.signal.throwIfAborted();
      if (answer?.status !== 202) continue;
      accepted.push(textOf(answer.body, 'id'));
      break;
    }
    await stage.pause(10);
  }
  return accepted;
}

function missingAt(receiver: DrillReceiver, ids: readonly string[]): number {
  const got = new Set(receiver.requests.map(({ headers }) => headers['webhook-id']));
  return ids.filter((id) => !got.has(id)).length;
}
