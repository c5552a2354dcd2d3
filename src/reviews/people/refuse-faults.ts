import { Problem } from '../../problem.ts';
import type { Fault } from './fault.rules.ts';

/** @throws Problem invalid_request with every fault; limit_reached when what is wrong is not in what was written. */
export function refuseFaults(what: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const inside = faults.filter(({ pointer }) => pointer !== '');
  if (inside.length === 0) {
    throw new Problem('limit_reached', `${what} is not recorded: ${faults.map(({ message }) => message).join('; ')}.`);
  }
  throw new Problem('invalid_request', `${what} is not recorded as it is.`, { errors: inside });
}
