import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { faultOfSuite } from './suites.rules.ts';

const ways = ['accepting', 'receiving', 'dispatching', 'settling', 'dead letters', 'archive'];
const leastPostgres = 15;

/** Each way of an event was tested, with a supported PostgreSQL and real sockets. */
export function judgePipelineSuites(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'suites', ({ cases, postgres, sockets }) => {
    const values = { suites: ways.length, postgres, sockets };
    const fault = faultOfSuite(cases, 'pipeline', ways);
    if (fault !== null) return failed(fault, values);
    if (!(Number.parseInt(postgres, 10) >= leastPostgres)) return failed(`They ran on PostgreSQL ${postgres}.`, values);
    if (!sockets) return failed('They ran without sockets.', values);
    return passed(`${counted(ways.length, 'suite')} on PostgreSQL ${postgres}.`, values);
  });
}
