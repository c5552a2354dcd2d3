import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const deliveredMostSeconds = 60;

/** On a clean checkout one command started it and one tested it, and soon an event was delivered. */
export function judgeCleanStart(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'cleanStart', (run) => {
    const { startCommands, testCommands, ended, deliveredAfterSeconds, productionCredentials } = run;
    const values = { startCommands, testCommands, ended, deliveredAfterSeconds };
    if (ended !== 'ok') return failed(`On a clean checkout it did not start: ${ended}.`, values);
    if (startCommands !== 1 || testCommands !== 1) {
      return failed(`It takes ${startCommands} commands to start and ${testCommands} to test.`, values);
    }
    if (deliveredAfterSeconds === null) return failed('No event was delivered.', values);
    if (deliveredAfterSeconds > deliveredMostSeconds) {
      return failed(`The first event was delivered after ${deliveredAfterSeconds} s.`, values);
    }
    if (productionCredentials.length > 0) {
      return failed(`Credentials of production were needed: ${listed(productionCredentials)}.`, values);
    }
    return passed(`One command starts it; an event was delivered after ${deliveredAfterSeconds} s.`, values);
  });
}
