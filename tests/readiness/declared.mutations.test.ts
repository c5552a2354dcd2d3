import { proofsOfArchive } from './proofs-of-archive.ts';
import { proofsOfDeclarations } from './proofs-of-declarations.ts';
import { proveChecks } from './prove-checks.ts';

proveChecks('declared', [...proofsOfDeclarations, ...proofsOfArchive]);
