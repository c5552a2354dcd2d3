import type { Planned } from './plan.rules.ts';
import { createRandom } from './random.rules.ts';
import type { SimulatedRequest, Stamp } from './simulated-request.ts';
import type { Simulator } from './simulator.ts';

/** The request of one attempt, with what the plan wants to be wrong with it. */
export function requestOf(
  planned: Planned,
  stamp: Stamp,
  context: { simulator: Simulator; seed: string; staleSeconds: number },
): SimulatedRequest {
  const { notification, kind, index } = planned;
  switch (kind) {
    case 'genuine':
      return notification.request(stamp);
    case 'forged': {
      const wrong = context.simulator.secret.wrong(createRandom(`${context.seed}/forged/${index}`));
      return notification.request({ ...stamp, secrets: [wrong] });
    }
    case 'stale': {
      const ageMs = context.staleSeconds * 1000;
      return notification.request({ ...stamp, nowMs: stamp.nowMs - ageMs, firstMs: stamp.firstMs - ageMs });
    }
    case 'tampered':
      return context.simulator.tamper(notification.request(stamp), notification);
  }
}
