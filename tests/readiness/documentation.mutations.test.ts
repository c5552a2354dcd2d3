import { proofsOfDocumentation } from './proofs-of-documentation.ts';
import { proveChecks } from './prove-checks.ts';

proveChecks('documentation', proofsOfDocumentation);
