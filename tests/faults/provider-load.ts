import { onTestFinished } from 'vitest';
import type { Api } from '../support/api.ts';
import type { JournalReceiver } from '../support/journal-receiver.ts';
import { until } from '../support/until.ts';
import { post } from '../receiving/post.ts';

export const secret = 'correct horse battery staple';

/** A provider with several documents, each of which has its own notifications, sent one after another. */
export type ProviderLoad = {
  /** By subject, in order: the numbers of what was answered 2xx. */
  acknowledged: Map<string, number[]>;
  /** Further 2xx answers to what had been acknowledged. */
  again(): number;
  /** How many were not answered 2xx. */
  refused(): number;
  count(): number;
  /** Statuses that were neither 2xx nor 503, and answers that never came. */
  strange: string[];
  /** The longest that an answer took. */
  slowestMs(): number;
  stop(): Promise<void>;
};

export function bodyOf(subject: string, number: number): string {
  const payload = { envelopeId: subject, externalId: `${subject}-${number}`, formValues: { number } };
  return JSON.stringify({ event: 'DOCUMENT_OPENED', payload, createdAt: new Date().toISOString() });
}

/** Sends what is refused or not answered again, as a provider does, and every fifth a second time. */
export function startProviderLoad(url: () => string, subjects: number): ProviderLoad {
  const stopping = new AbortController();
  const acknowledged = new Map<string, number[]>();
  const strange: string[] = [];
  let again = 0;
  let refused = 0;
  let slowestMs = 0;
  const send = async (body: string): Promise<boolean> => {
    const beganMs = performance.now();
    try {
      const headers = { 'content-type': 'application/json', 'x-documenso-secret': secret };
      const { status } = await post(url(), body, { headers });
      slowestMs = Math.max(slowestMs, performance.now() - beganMs);
      if (status !== 200 && status !== 503) strange.push(String(status));
      return status === 200;
    } catch (error) {
      strange.push(String((error as NodeJS.ErrnoException).code));
      return false;
    }
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const loop = async (subject: string): Promise<void> => {
    const numbers: number[] = [];
    acknowledged.set(subject, numbers);
    for (let number = 0; !stopping.signal.aborted; ) {
      if (!(await send(bodyOf(subject, number)))) {
        refused += 1;
        await pause(50);
        continue;
      }
      numbers.push(number);
      if (number % 5 === 0) {
        if (await send(bodyOf(subject, number))) again += 1;
        else refused += 1;
      }
      number += 1;
      await pause(10);
    }
  };
  const running = Promise.all(Array.from({ length: subjects }, (_, index) => loop(`envelope_${index}`)));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return {
    acknowledged,
    again: () => again,
    refused: () => refused,
    count: () => [...acknowledged.values()].reduce((sum, numbers) => sum + numbers.length, 0),
    strange,
    slowestMs: () => slowestMs,
    stop,
  };
}

type Event = { id: string; origin: { seenAgain: { count: number } | null } };

/** Every event of the source, oldest first. */
export async function allEvents(api: Api, teamId: string, sourceId: string): Promise<Event[]> {
  const events: Event[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `/v1/teams/${teamId}/events?limit=100&source=${sourceId}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page: { data: Event[]; nextCursor: string | null } = await api.call('GET', path);
    events.push(...page.data);
    cursor = page.nextCursor;
  }
  return events.toReversed();
}

/** Waits until the receiver has had everything, and answers the numbers by subject in the order they first came in. */
export async function receivedInOrder(
  receiver: JournalReceiver,
  place: string,
  expected: number,
): Promise<Map<string, number[]>> {
  const read = (): { bySubject: Map<string, number[]>; count: number } => {
    const seen = new Set<string>();
    const bySubject = new Map<string, number[]>();
    for (const { body, eventId } of receiver.of(place)) {
      if (seen.has(eventId)) continue;
      seen.add(eventId);
      const { payload } = JSON.parse(body) as { payload: { envelopeId: string; formValues: { number: number } } };
      const numbers = bySubject.get(payload.envelopeId) ?? [];
      numbers.push(payload.formValues.number);
      bySubject.set(payload.envelopeId, numbers);
    }
    return { bySubject, count: seen.size };
  };
  await until(
    'everything acknowledged to be received',
    () => {
      const { count } = read();
      if (count < expected) throw new Error(`${expected - count} of ${expected} missing`);
      return true;
    },
    { deadlineMs: 60_000, everyMs: 100 },
  );
  return read().bySubject;
}
