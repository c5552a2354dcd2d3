import { type DeliveryEngine, memoryMaxBytes } from '../../src/delivery/engine.ts';
import { laneMaxItems } from '../../src/delivery/lane.ts';

/** What exceeds a bound in a node's memory, or null. */
export function overfullLane(engine: DeliveryEngine): string | null {
  const { bytes } = engine.state();
  if (bytes < 0 || bytes > 2 * memoryMaxBytes) return `${bytes} bytes in memory`;
  for (const lane of engine['lanes'].values()) {
    const held = lane.waiting + lane.reserved;
    if (held > laneMaxItems) return `${held} deliveries in one lane`;
    if (lane.reserved < 0 || lane.inFlight < 0 || lane.bytes < 0) {
      return `a lane counts ${lane.reserved} reserved, ${lane.inFlight} under way, ${lane.bytes} bytes`;
    }
  }
  return null;
}

/** What an engine with nothing to do still holds. */
export function nodeLeaks(engine: DeliveryEngine): string[] {
  const { inFlight, waiting, unsettled, bytes } = engine.state();
  const leaks: string[] = [];
  const expectNone = (count: number, what: string): void => {
    if (count !== 0) leaks.push(`${count} ${what} at the end`);
  };
  expectNone(inFlight, 'exchanges under way');
  expectNone(waiting, 'deliveries wait');
  expectNone(unsettled, 'attempts unsettled');
  expectNone(bytes, 'bytes in memory');
  expectNone(engine['custody'].size, 'deliveries in custody');
  for (const lane of engine['lanes'].values()) {
    expectNone(lane.reserved, 'places reserved');
    expectNone(lane.bytes, 'bytes in a lane');
    expectNone(lane.inFlight, 'under way in a lane');
  }
  return leaks;
}
