// `npm test`: on a fresh clone, with nothing but Node and git, every check that CI runs.
import { runInstalled } from './run-installed.mjs';

await runInstalled(['scripts/verify.ts', ...process.argv.slice(2)]);
