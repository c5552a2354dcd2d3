import { ask, guardedOperations } from '../security/operations.ts';
import { filled, nameOf, type Operation } from '../security/operations.rules.ts';
import { sampleBody } from '../security/sample-body.rules.ts';
import type { Drill } from '../drill.ts';
import type { DrillNode, Json, Stage } from '../stage.ts';
import { drillTeam, textOf } from './drill-team.ts';
import { type FaultAnswer, judgeFailures } from './error.every-failure-typed.rules.ts';

const atOnce = 6;
const readyWithinMs = 30_000;
const type = 'drill.failing';

/** A full or broken disk and a clock that is set are not played: they would be the machine's, not the node's. */
export const everyFailureTyped: Drill = {
  checkId: 'error.every-failure-typed',
  subject: 'gateway',
  version: 1,
  does: 'Asks everything of a second gateway with bodies that cannot be read, of providers that fail, and without its database.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 420,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database });
    const team = await drillTeam(node, [type]);
    const { pid } = node;
    // Calls come by themselves below, and the team is to stay.
    const operations = (await guardedOperations(node)).filter(
      ({ method, path }) => !path.startsWith('/egress/') && !(method === 'DELETE' && path === '/v1/teams/{team}'),
    );
    const id = 'drill_00000000000000000000000000';
    const answers: FaultAnswer[] = [];
    const askAll = async (fault: string, bodyOf: (operation: Operation) => Json | undefined): Promise<void> => {
      const answered = await eachOf(operations, (operation) =>
        answerTo(stage, node, fault, nameOf(operation), {
          method: operation.method,
          path: filled(operation.path, team.id, id),
          key: node.operatorKey,
          ...withBody(bodyOf(operation)),
        }),
      );
      answers.push(...answered);
      const failed = answered.filter(({ status }) => status === null || status >= 400).length;
      stage.note(`Everything was asked with ${fault}.`, { asked: answered.length, failed });
    };

    await askAll('a body of another kind', ({ body }) => (body === null ? undefined : ['not', 'what', 'is', 'asked']));
    await askAll('ids of nothing', ({ body }) => (body === null ? undefined : sampleBody(body)));
    stage.progress(1, 3);
    answers.push(...(await askThroughConnections(stage, node, team.id)));
    stage.progress(2, 3);
    await database.cut();
    await askAll('the database away', ({ body }) => (body === null ? undefined : sampleBody(body)));
    await database.restore();

    const ready = await stage.until(
      async () => ((await node.call('GET', '/readyz')).status === 200 ? true : null),
      readyWithinMs,
    );
    const livesOn = ready === true && node.pid === pid;
    const unseen = node.output().match(/unhandled ?rejection|uncaught ?exception/gi)?.length ?? 0;
    stage.note('The process afterwards.', { livesOn, unseen });
    stage.progress(3, 3);
    return judgeFailures({ answers, livesOn, unseen });
  },
};

/** Providers that reset, and ones that are not there. */
async function askThroughConnections(stage: Stage, node: DrillNode, teamId: string): Promise<FaultAnswer[]> {
  const resets = await stage.receiver(() => 'reset');
  const provider = await stage.provider({ provider: 'goroute' });
  const places = [
    ['a provider that resets', resets.url],
    ['a port that refuses', 'http://127.0.0.1:9'],
  ] as const;
  const answers: FaultAnswer[] = [];
  for (const [fault, baseUrl] of places) {
    const body = { ...provider.connection(), name: fault, baseUrl };
    const made = await node.call('POST', `/v1/teams/${teamId}/connections`, { body });
    if (made.status !== 201) throw new Error(`a connection to ${fault} was answered ${made.status}`);
    const request = {
      method: 'GET',
      path: `/egress/${textOf(made.body, 'id')}/api/v1/transactions`,
      key: node.operatorKey,
    };
    const answer = await answerTo(stage, node, fault, 'GET /egress/{connection}/*', request);
    stage.note(`A call went to ${fault}.`, { status: answer.status, code: answer.code });
    answers.push(answer);
  }
  return answers;
}

async function answerTo(
  stage: Stage,
  node: DrillNode,
  fault: string,
  operation: string,
  request: Parameters<typeof ask>[1],
): Promise<FaultAnswer> {
  try {
    const { status, code, text } = await ask(node.url, request, stage.signal);
    return {
      operation,
      fault,
      status,
      code,
      hasStack: /\n\s+at \S+.*:\d+:\d+/.test(text) || /\\n\s+at .*\.ts:\d+/.test(text),
    };
  } catch {
    stage.signal.throwIfAborted();
    return { operation, fault, status: null, code: '', hasStack: false };
  }
}

function withBody(body: Json | undefined): { body?: Json } {
  return body === undefined ? {} : { body };
}

async function eachOf<Item, Result>(items: readonly Item[], run: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) results.push(await run(item));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
