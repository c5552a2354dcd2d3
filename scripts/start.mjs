// `npm start`: on a fresh clone, with nothing but Node and git, to a running Posthorn.
import { runInstalled } from './run-installed.mjs';

await runInstalled(['src/cli/posthorn.ts', 'up', ...process.argv.slice(2)]);
