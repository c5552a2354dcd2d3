// `npm start`: on a fresh clone, with nothing but Node and git, to a running Posthorn.
import { runInstalled } from './run-installed.mjs';

// The flag is the one that the packaged command starts with: see src/cli/posthorn.ts.
await runInstalled(['--max-semi-space-size=32', 'src/cli/posthorn.ts', 'up', ...process.argv.slice(2)]);
