import { expect, test, vi } from 'vitest';
import { anEndpoint } from '../../tests/support/delivery-parts.ts';
import type { Log } from '../telemetry/log.ts';
import { createEngineEvents } from './engine-events.ts';

test('a breaker that opened is told once, however many probes fail', () => {
  const breakerOpened = vi.fn<() => void>();
  const told = vi.fn<() => void>();
  const warn = vi.fn<() => void>();
  const ignored = (): void => undefined;
  const events = createEngineEvents({
    metrics: () => ({ attempt: ignored, breakerOpened, takenOver: ignored, fenced: ignored }),
    health: { attempted: ignored, gone: ignored, breakerOpened: told },
    log: { warn } as unknown as Log,
    onNodeLost: ignored,
    onTold: ignored,
    onError: ignored,
  });
  const endpoint = anEndpoint();
  events.onBreakerOpened(endpoint, false);
  for (let probe = 0; probe < 5; probe += 1) events.onBreakerOpened(endpoint, true);
  expect([breakerOpened, told, warn].map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1]);
});
