import type { OpenCalling } from '../calling/open-calling.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import type { Reviews } from '../reviews/review.ts';
import type { PromotionServices } from './promotion-services.ts';
import { createPromotionWorker } from './promotion-worker.ts';

/** Promotion over the running node: the worker, and what its routes need beside the context of a request. */
export function openPromotion(
  options: Pick<PromotionServices, 'database' | 'clock' | 'ids' | 'timers' | 'onTold'> & {
    reviews: { reviews: Reviews };
    calls: Pick<OpenCalling, 'directory'> & { calling: { caller: PromotionServices['call'] } };
    acceptor: { accept: PromotionServices['acceptEvent'] };
    onError: (where: string, error: unknown) => void;
  },
) {
  const { database, clock, ids, timers, onTold, calls, acceptor } = options;
  const { reviews } = options.reviews;
  const connections = calls.directory;
  const worker = createPromotionWorker(
    {
      database,
      clock,
      ids,
      timers,
      onTold,
      reviews,
      connections,
      call: calls.calling.caller,
      acceptEvent: (draft) => acceptor.accept(draft),
    },
    { onError: (error) => options.onError('promotion', error) },
  );
  const checks: ReadonlySet<string> = new Set(loadCatalogue().checks.keys());
  const services = { reviews, connections, onTold, onPromotion: () => worker.wake(), checkIds: () => checks };
  return { worker, services };
}
