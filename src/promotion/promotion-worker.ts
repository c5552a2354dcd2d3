import { createWorker, type Worker } from '../operations/worker.ts';
import { lookAt } from './look.ts';
import { dropFormerCredentials } from './drop-former-credentials.ts';
import type { PromotionServices } from './promotion-services.ts';
import { returnableDays } from './roll-back.ts';
import { nextLookMs, takeWatch } from './watch.store.ts';
import { workPromotion } from './work-promotion.ts';

const pollEveryMs = 15_000;
/** A look measures a whole review. */
const lookLeaseMs = 120_000;

/**
 * Promotes what was decided, and looks at what was promoted: one node of a cluster works on each. What a node left when it
 * was killed is gone on with after its lease.
 */
export function createPromotionWorker(
  services: PromotionServices,
  options: { onError: (error: unknown) => void; leaseMs?: number },
): Worker {
  const { database, clock, timers } = services;
  return createWorker({
    timers,
    pollEveryMs,
    onError: options.onError,
    run: async (stopping) => {
      while (!stopping() && (await workPromotion(services, options.leaseMs)));
      for (;;) {
        if (stopping()) return null;
        const watch = await takeWatch(database, clock.now(), options.leaseMs ?? lookLeaseMs);
        if (watch === null) break;
        await lookAt(services, watch);
      }
      await dropFormerCredentials(database, clock.now() - returnableDays * 86_400_000);
      const nextMs = await nextLookMs(database);
      return nextMs === null ? null : Math.max(1_000, nextMs - clock.now());
    },
  });
}
