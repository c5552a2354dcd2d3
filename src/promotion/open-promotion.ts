import type { Timers } from '../clock.ts';
import type { Worker } from '../operations/worker.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import type { PromotionServices } from './promotion-services.ts';
import { createPromotionWorker } from './promotion-worker.ts';

/** Promotion over the running node: the worker, and what its routes need beside the context of a request. */
export function openPromotion(
  options: PromotionServices & { timers: Timers; onError: (where: string, error: unknown) => void },
) {
  const worker = createPromotionWorker(options, { onError: (error) => options.onError('promotion', error) });
  const checks: ReadonlySet<string> = new Set(loadCatalogue().checks.keys());
  const { reviews, connections, onTold } = options;
  const services = { reviews, connections, onTold, onPromotion: () => worker.wake(), checkIds: () => checks };
  return { worker: worker satisfies Worker, services };
}
