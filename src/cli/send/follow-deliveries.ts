import type { ApiClient } from '../api/api-client.ts';
import type { AttemptView, DeliveryView } from './render-attempt.rules.ts';

export type FollowHooks = {
  onAttempt(delivery: DeliveryView, attempt: AttemptView): void;
  onState(delivery: DeliveryView): void;
};

const shortestPauseMs = 100;
const longestPauseMs = 1000;

/**
 * Watches the deliveries of an event, telling each attempt and each change of state once, until none is pending or
 * `timeoutMs` have passed. Resolves with the deliveries as they were last seen.
 */
export async function followDeliveries(
  api: ApiClient,
  input: { team: string; eventId: string; timeoutMs: number },
  hooks: FollowHooks,
): Promise<DeliveryView[]> {
  const told = new Set<string>();
  const giveUpAt = performance.now() + input.timeoutMs;
  const base = `/v1/teams/${input.team}/deliveries`;
  let pauseMs = shortestPauseMs;
  for (;;) {
    const seen = await readDeliveries(api, base, input.eventId);
    let news = false;
    const tell = (key: string, say: () => void): void => {
      if (told.has(key)) return;
      told.add(key);
      news = true;
      say();
    };
    for (const delivery of seen) {
      for (const attempt of delivery.attempts) {
        tell(`${delivery.id} ${attempt.number}`, () => hooks.onAttempt(delivery, attempt));
      }
      if (delivery.state !== 'pending') tell(`${delivery.id} ${delivery.state}`, () => hooks.onState(delivery));
    }
    const settled = seen.length > 0 && seen.every((delivery) => delivery.state !== 'pending');
    if (settled || performance.now() + pauseMs > giveUpAt) return seen;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = news ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * 1.5);
  }
}

async function readDeliveries(api: ApiClient, base: string, eventId: string): Promise<DeliveryView[]> {
  const deliveries: DeliveryView[] = [];
  let cursor: string | null = null;
  do {
    const page: { data: { id: string }[]; nextCursor: string | null } = await api.request(
      'GET',
      `${base}?event=${eventId}&limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const { id } of page.data) deliveries.push(await api.request<DeliveryView>('GET', `${base}/${id}`));
    cursor = page.nextCursor;
  } while (cursor !== null && deliveries.length < 1000);
  return deliveries;
}
