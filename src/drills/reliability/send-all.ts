import type { Gateway } from '../stage.ts';
import { type ProviderAnswer, sendAsProvider, type TwinNotification } from './provider-requests.ts';

/** One request that was sent, and what came of it. */
export type Sent = ProviderAnswer & { place: number; body: Uint8Array };

/**
 * Sends each once, a few at a time, in their order.
 * @param options.pause after each answer of one worker.
 * @param options.until asked before each: true ends it, and the rest is not sent.
 */
export async function sendAll(
  notifications: readonly TwinNotification[],
  options: {
    gateway: Gateway;
    signal: AbortSignal;
    concurrency: number;
    timeoutMs?: number;
    pause?: () => Promise<void>;
    until?: () => boolean;
    onSent?: (sent: Sent) => void;
  },
): Promise<Sent[]> {
  const { gateway, signal, concurrency, timeoutMs, pause, until = () => false } = options;
  const all: Sent[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let place = next++; !until(); place = next++) {
      const notification = notifications[place];
      if (notification === undefined) return;
      const request = notification.request(gateway);
      const answer = await sendAsProvider(request, signal, timeoutMs);
      const sent = { ...answer, place, body: request.body };
      all.push(sent);
      options.onSent?.(sent);
      await pause?.();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return all;
}

/** Answered 2xx: the provider will not send it again. */
export function isTaken({ status }: ProviderAnswer): boolean {
  return status !== null && status >= 200 && status < 300;
}
