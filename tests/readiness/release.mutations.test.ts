import { proofsOfRelease } from './proofs-of-release.ts';
import { proveChecks } from './prove-checks.ts';

proveChecks('release', proofsOfRelease);
