import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Drill } from '../drill.ts';
import type { DrillNode, ScratchTeam, Stage } from '../stage.ts';
import { type BadRequest, badRequests } from './bad-bodies.rules.ts';
import { guardedOperations } from './operations.ts';
import { filled, nameOf } from './operations.rules.ts';
import { type BadAnswer, judgeValidation } from './request.validated-on-every-route.rules.ts';
import { changedTables, rowCounts } from './row-counts.ts';

const bombUnpacksToBytes = 200 * 1024 * 1024;
const timeoutMs = 20_000;
const trickleEveryMs = 500;
const anyObject = { type: 'object', additionalProperties: false };

/** Sends it, all or, with `declaredBytes`, only the promise of it; `trickle` sends a byte now and then. */
function send(
  url: string,
  { method, key, bad, trickle = false }: { method: string; key: string | null; bad: BadRequest; trickle?: boolean },
  signal: AbortSignal,
): Promise<{ status: number | null; tookMs: number }> {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<{ status: number | null; tookMs: number }>();
  const end = (status: number | null): void => resolve({ status, tookMs: performance.now() - startedAt });
  const body = Buffer.from(bad.text);
  const request = httpRequest(
    url,
    {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        'content-type': 'application/json',
        'content-length': bad.declaredBytes ?? body.length,
        ...bad.headers,
      },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    },
    (answer) => {
      answer.resume();
      end(answer.statusCode ?? null);
      answer.on('end', () => request.destroy());
      answer.on('error', () => undefined);
    },
  );
  request.on('error', () => end(null));
  if (trickle) {
    const timer = setInterval(() => request.write('x'), trickleEveryMs);
    void promise.finally(() => clearInterval(timer));
  } else if (bad.declaredBytes === undefined) request.end(body);
  else request.flushHeaders();
  return promise;
}

/** Bytes that come one by one, to a source. */
async function trickleToSource(stage: Stage, node: DrillNode, team: ScratchTeam): Promise<BadAnswer> {
  const body = { provider: 'documenso', name: 'Drill', credentials: [{ value: 'a-made-up-secret-of-a-drill' }] };
  const { id } = await node.want('POST', `/v1/teams/${team.id}/sources`, { body });
  const bad = { kind: 'bytes that trickle', text: '', declaredBytes: 5_000 };
  const sent = await send(
    `${node.url}/in/${String(id)}`,
    { method: 'POST', key: null, bad, trickle: true },
    stage.signal,
  );
  return { operation: 'POST /in/{source}', kind: bad.kind, ...sent };
}

export const requestsValidated: Drill = {
  checkId: 'request.validated-on-every-route',
  subject: 'gateway',
  version: 1,
  does: 'Sends every operation of a second gateway what its schema refuses, and what is too large, too deep or too slow.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database });
    const team = await node.team();
    // What changes something takes a body, also where its route forgot to say which.
    const operations = (await guardedOperations(node)).filter(
      ({ body, method }) => body !== null || method === 'PATCH' || method === 'PUT',
    );
    const bomb = await promisify(gzip)(Buffer.alloc(bombUnpacksToBytes), { level: 1 });
    const trickled = trickleToSource(stage, node, team);
    await stage.pause(500);
    const before = await rowCounts(database);
    let memoryBefore = 0;
    const answers: BadAnswer[] = [];
    for (const [index, operation] of operations.entries()) {
      const { method, path, body } = operation;
      // A process grows until it knows its work; what counts is what comes on top.
      if (index <= operations.length / 3) memoryBefore = node.memoryBytes();
      for (const bad of badRequests(body ?? anyObject, bomb)) {
        const url = node.url + filled(path, team.id, 'x');
        const sent = await send(url, { method, key: node.operatorKey, bad }, stage.signal);
        answers.push({ operation: nameOf(operation), kind: bad.kind, ...sent });
        if (sent.status === null || sent.status < 400 || sent.status >= 500) {
          stage.note('answered otherwise', { operation: nameOf(operation), kind: bad.kind, status: sent.status });
        }
      }
      stage.progress(index + 1, operations.length);
    }
    stage.note('sent bad requests', { operations: operations.length, requests: answers.length });
    answers.push(await trickled);
    stage.note('let bytes trickle to a source', { status: answers.at(-1)?.status ?? null });
    const memoryRiseBytes = node.memoryBytes() - memoryBefore;
    const written = changedTables(before, await rowCounts(database));
    return judgeValidation({ operations: operations.length, answers, memoryRiseBytes, written });
  },
};
