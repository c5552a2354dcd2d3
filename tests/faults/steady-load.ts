import { onTestFinished } from 'vitest';
import type { Answer, Api } from '../support/api.ts';
import type { JournalReceiver } from '../support/journal-receiver.ts';
import { until } from '../support/until.ts';

/** Posts one event after another, on a few loops, and keeps what was answered. */
export type SteadyLoad = {
  /** Ids of the events answered 202. */
  acknowledged: Set<string>;
  /** Every other answer. */
  refusals: Answer[];
  /** Posts that got no answer at all. */
  unanswered: number;
  stop(): Promise<void>;
};

/** `apis` are posted to in turn. */
export function startLoad(apis: Api[], teamId: string, type: string, loops = 4, padding = ''): SteadyLoad {
  const stopping = new AbortController();
  const load = { acknowledged: new Set<string>(), refusals: [] as Answer[], unanswered: 0 };
  const post = async (number: number): Promise<void> => {
    const api = apis[number % apis.length] as Api;
    try {
      const answer = await api.ask('POST', `/v1/teams/${teamId}/events`, { type, payload: { number, padding } });
      if (answer.status === 202) load.acknowledged.add(String(answer.body['id']));
      else load.refusals.push(answer);
    } catch {
      load.unanswered += 1;
    }
  };
  let count = 0;
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      count += 1;
      await post(count);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const running = Promise.all(Array.from({ length: loops }, loop));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return {
    acknowledged: load.acknowledged,
    refusals: load.refusals,
    get unanswered() {
      return load.unanswered;
    },
    stop,
  };
}

/** Waits until each of the events has been received at the place, and answers how often one came again. */
export async function allReceived(receiver: JournalReceiver, place: string, events: Iterable<string>): Promise<number> {
  const wanted = new Set(events);
  const missing = (): string[] => {
    const received = new Set(receiver.of(place).map(({ eventId }) => eventId));
    return [...wanted].filter((eventId) => !received.has(eventId));
  };
  await until(
    'everything acknowledged to be received',
    () => {
      const left = missing();
      if (left.length > 0) throw new Error(`${left.length} of ${wanted.size} missing, such as ${left[0]}`);
      return true;
    },
    { deadlineMs: 90_000, everyMs: 50 },
  );
  const seen = new Set<string>();
  let again = 0;
  for (const { eventId } of receiver.of(place)) {
    if (seen.has(eventId)) again += 1;
    seen.add(eventId);
  }
  return again;
}
