import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const leastHours = 24;
const leastDeliveries = 1000;
const worseMostPoints = 0.5;

/** A day on staging with a thousand deliveries, of which hardly more failed than before, and nothing fell over. */
export function judgeSoaked(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'soak', (soak) => {
    const { hours, deliveries, calls, failedPercent, failedPercentBefore, unhandledErrors, restarts } = soak;
    const values = { hours, deliveries, calls, failedPercent, failedPercentBefore, unhandledErrors, restarts };
    if (unhandledErrors > 0) return failed(`${counted(unhandledErrors, 'error')} went unhandled.`, values);
    if (restarts > 0) return failed(`It restarted by itself ${counted(restarts, 'time')}.`, values);
    if (hours < leastHours) return failed(`It worked for ${hours} h.`, values);
    if (deliveries < leastDeliveries)
      return failed(`It made ${counted(deliveries, 'delivery', 'deliveries')}.`, values);
    if (failedPercentBefore === null) return unknown('Nobody measured the release before.', values);
    if (failedPercent - failedPercentBefore > worseMostPoints) {
      return failed(`${failedPercent} % failed, and ${failedPercentBefore} % in the release before.`, values);
    }
    return passed(`${hours} h with ${counted(deliveries, 'delivery', 'deliveries')}.`, values);
  });
}
