import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { faultOfSuite } from './suites.rules.ts';

const features = ['verification', 'addresses', 'rate limits', 'destinations', 'keys', 'secrets'];
const sides = features.flatMap((name) => [`${name}: lets in`, `${name}: refuses`]);

/** What protects was tested with what it lets in and with what it refuses. */
export function judgeSecuritySuites(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'suites', ({ cases }) => {
    const fault = faultOfSuite(cases, 'security', sides);
    const values = { features: features.length, sides: sides.length };
    if (fault !== null) return failed(fault, values);
    return passed(`${counted(features.length, 'protection')}, each tested on both sides.`, values);
  });
}
