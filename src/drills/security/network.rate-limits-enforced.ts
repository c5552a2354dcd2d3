import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { Stage } from '../stage.ts';
import { type Flood, judgeRates } from './network.rate-limits-enforced.rules.ts';
import { createTwinSender } from './twin-sender.ts';
import { makeTwin } from './twin-source.ts';

const perSecond = 10;
const timesLimit = 4;

type Answered = { atMs: number; tookMs: number; status: number | null; retryAfter: string | null };

/** Sends at a steady rate, whatever comes back, and waits for all answers. */
async function sendSteadily(
  stage: Stage,
  rate: number,
  forMs: number,
  send: (number: number) => Promise<Response>,
): Promise<Answered[]> {
  const startedAt = performance.now();
  const underWay: Promise<Answered>[] = [];
  for (let number = 0; number < (rate * forMs) / 1000; number += 1) {
    await stage.pause(startedAt + (number * 1000) / rate - performance.now());
    const atMs = performance.now();
    underWay.push(
      send(number).then(
        async (answer) => {
          await answer.arrayBuffer();
          const { status, headers } = answer;
          return { atMs, tookMs: performance.now() - atMs, status, retryAfter: headers.get('retry-after') };
        },
        () => ({ atMs, tookMs: performance.now() - atMs, status: null, retryAfter: null }),
      ),
    );
  }
  return Promise.all(underWay);
}

/** Whatever a sender may say of itself, another one each time. */
function claims(): Record<string, string> {
  const id = randomBytes(6).toString('hex');
  const address = `198.51.100.${randomBytes(1)[0] ?? 0}`;
  return { 'x-forwarded-for': address, 'x-real-ip': address, 'x-client-id': id, 'x-api-key-id': id, 'user-agent': id };
}

function floodOf(called: string, answers: readonly Answered[]): Flood {
  const refused = answers.filter(({ status }) => status === 429);
  const times = answers.map(({ atMs, tookMs }) => [atMs, atMs + tookMs] as const);
  return {
    called,
    perSecond,
    forMs: Math.max(...times.map(([, end]) => end)) - Math.min(...times.map(([begin]) => begin)),
    sent: answers.length,
    letIn: answers.filter(({ status }) => status !== null && status < 300).length,
    refused: refused.length,
    withoutRetryAfter: refused.filter(({ retryAfter }) => retryAfter === null).length,
  };
}

function median(answers: readonly Answered[]): number {
  const sorted = answers.map(({ tookMs }) => tookMs).toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

export const rateLimitsEnforced: Drill = {
  checkId: 'network.rate-limits-enforced',
  subject: 'gateway',
  version: 1,
  does: 'Sends four times what a key and a source may, on a second gateway, while another team goes on.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node({ environment: { POSTHORN_REQUESTS_PER_SECOND: String(perSecond) } });
    const team = await node.team();
    const other = await node.team();
    const shape = { provider: 'github', options: {}, kinds: ['secret'], acceptUncovered: false };
    const sender = await createTwinSender(shape);
    const twin = await makeTwin(node, team, { shape, sender, more: { rateLimit: { perSecond } } });
    const signal = AbortSignal.any([stage.signal, AbortSignal.timeout(100_000)]);
    const read = (id: string, key: string, headers: Record<string, string>) =>
      fetch(`${node.url}/v1/teams/${id}`, { headers: { ...headers, authorization: `Bearer ${key}` }, signal });
    const notify = (number: number): Promise<Response> => {
      const { url, headers, body } = sender.request(number, { url: twin.url, atMs: Date.now() });
      return fetch(url, {
        method: 'POST',
        headers: { ...Object.fromEntries(headers), ...claims() },
        body: new Uint8Array(body),
        signal,
      });
    };
    const goOn = (forMs: number) => sendSteadily(stage, perSecond / 2, forMs, () => read(other.id, other.key, {}));

    const before = await goOn(3_000);
    stage.note('another team went on alone', { requests: before.length, medianMs: median(before) });
    const forMs = stage.paced(10_000, 4_000);
    const rate = perSecond * timesLimit;
    const [byKey, during] = await Promise.all([
      sendSteadily(stage, rate, forMs, () => read(team.id, team.key, claims())),
      goOn(forMs),
    ]);
    const [toSource, later] = await Promise.all([sendSteadily(stage, rate, forMs, notify), goOn(forMs)]);
    const floods = [floodOf('a key', byKey), floodOf('a source', toSource)];
    for (const { called, sent, letIn, refused } of floods)
      stage.note(`sent too much by ${called}`, { sent, letIn, refused });
    const beside = [...during, ...later];
    stage.note('another team went on meanwhile', { requests: beside.length, medianMs: median(beside) });
    return judgeRates({
      floods,
      bystander: {
        refused: beside.filter(({ status }) => status !== 200).length,
        asked: beside.length,
        medianBeforeMs: median(before),
        medianDuringMs: median(beside),
      },
    });
  },
};
