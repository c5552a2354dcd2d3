import type { EngineEvents } from '../delivery/engine.ts';
import type { EndpointHealth } from '../endpoints/endpoint-health.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the engine tells goes to metrics, to the log and to the endpoint's health. */
export function createEngineEvents(options: {
  metrics: () => Pick<Metrics, 'attempt' | 'breakerOpened' | 'takenOver' | 'fenced'>;
  health: EndpointHealth;
  log: Log;
  /** A node died: what it left behind beside deliveries is to be seen to. */
  onNodeLost: () => void;
  /** An operational event was committed. */
  onTold: () => void;
  onError: (where: string, error: unknown) => void;
}): EngineEvents {
  const { metrics, health, log } = options;
  return {
    onAttempt(settlement, endpoint) {
      const { outcome, error, timing, item, counted } = settlement;
      metrics().attempt({ outcome, error, totalMs: timing.totalMs });
      if (counted) health.attempted(endpoint, outcome === 'succeeded');
      if (outcome !== 'succeeded') {
        const { teamId, deliveryId, endpointId, attempts } = item;
        const { status, delayMs } = settlement;
        log.info(
          { teamId, endpointId, deliveryId, attempt: attempts + 1, outcome, status, errorKind: error, delayMs },
          'attempt failed',
        );
      }
    },
    onDead: options.onTold,
    onGone: (endpoint) => health.gone(endpoint),
    onBreakerOpened(endpoint, again) {
      if (again) return;
      metrics().breakerOpened();
      health.breakerOpened(endpoint);
      log.warn({ teamId: endpoint.teamId, endpointId: endpoint.id }, 'breaker opened; deliveries wait');
    },
    onTakenOver(deliveries) {
      metrics().takenOver(deliveries);
      options.onNodeLost();
      if (deliveries > 0) log.warn({ deliveries }, 'took over what a dead node left behind');
    },
    onFenced(count) {
      metrics().fenced(count);
      log.warn({ count }, 'attempts ended after their deliveries had been taken over');
    },
    onError: options.onError,
  };
}
