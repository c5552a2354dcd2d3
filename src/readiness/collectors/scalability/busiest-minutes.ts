import { trafficWindowSeconds } from '../../../traffic/traffic-counter.ts';
import type { CollectorContext } from '../../finding.ts';
import type { BusiestMinutes } from './busiest-minutes.rules.ts';

const days = 30;

/** The busiest five minutes of each, of the whole gateway: counted as it happened (traffic-counter.ts). */
export async function busiestMinutes(context: CollectorContext): Promise<BusiestMinutes> {
  const [most] = await context.query<BusiestMinutes>(
    `SELECT coalesce(max(accepted), 0)::float8 / $2 AS accepting, coalesce(max(attempted), 0)::float8 / $2 AS delivering,
        coalesce(max(called), 0)::float8 / $2 AS calling
      FROM traffic_window WHERE starts_at >= now() - make_interval(days => $1)`,
    [days, trafficWindowSeconds],
  );
  return most ?? { accepting: 0, delivering: 0, calling: 0 };
}
