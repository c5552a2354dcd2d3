import { createHash } from 'node:crypto';
import { unknown } from '../../readiness/finding.rules.ts';
import type { Drill } from '../drill.ts';
import { judgeRetried, type RetriedFacts } from './delivery.failed-ones-retried.rules.ts';

const scheduleSeconds = [1, 3];
const timeoutMs = 1_000;
const patienceMs = 30_000;

type Delivery = {
  state: string;
  attempts: { status: number | null; error: string | null; startedAt: string; timing: { totalMs: number } }[];
};

export const failedOnesRetried: Drill = {
  checkId: 'delivery.failed-ones-retried',
  subject: 'gateway',
  version: 1,
  does: 'Delivers one event to an endpoint that answers 500 first, too late next, and 200 at last.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 120,
  async run(stage) {
    const node = await stage.node();
    const { id, key } = await node.team();
    const receiver = await stage.receiver((_request, number) =>
      number === 1 ? { status: 500 } : number === 2 ? { status: 200, afterMs: 2 * timeoutMs } : { status: 200 },
    );
    const at = `/v1/teams/${id}`;
    await node.want('POST', `${at}/event-types`, { key, body: { name: 'drill.retried' } });
    await node.want('POST', `${at}/endpoints`, {
      key,
      body: { url: receiver.url, eventTypes: ['drill.retried'], retry: { scheduleSeconds, timeoutMs } },
    });
    await node.want('POST', `${at}/events`, { key, body: { type: 'drill.retried', payload: { drill: true } } });
    stage.note('One event was accepted.', { timeoutMs, firstRetrySeconds: 1, secondRetrySeconds: 3 });

    const settled = await stage.until(async () => {
      const { data } = await node.want('GET', `${at}/deliveries`, { key });
      const [newest] = data as { id: string; state: string }[];
      return newest === undefined || newest.state === 'pending' ? null : newest;
    }, patienceMs);
    if (settled === null) return unknown('The delivery was not settled in 30 s.');
    const delivery = (await node.want('GET', `${at}/deliveries/${settled.id}`, { key })) as unknown as Delivery;
    const attempts = delivery.attempts.map(({ status, error, startedAt, timing }) => {
      const startedAtMs = Date.parse(startedAt);
      return { status, error, startedAtMs, endedAtMs: startedAtMs + timing.totalMs };
    });
    attempts.sort((one, other) => one.startedAtMs - other.startedAtMs);
    for (const { status, error } of attempts) stage.note('An attempt is on record.', { status, error });
    const received: RetriedFacts['received'] = receiver.requests.map(({ headers, body }) => ({
      webhookId: headers['webhook-id'] ?? '',
      bodySha256: createHash('sha256').update(body).digest('hex'),
    }));
    return judgeRetried({ state: delivery.state, attempts, received });
  },
};
