import { proofsOfLaunch } from './proofs-of-launch.ts';
import { proveChecks } from './prove-checks.ts';

proveChecks('launch', proofsOfLaunch);
