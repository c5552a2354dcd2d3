// Plain JavaScript that Node 18 understands: it runs before the project's own Node is installed.
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { runChild } from './run-child.mjs';
import { findNode } from './runtime.mjs';

/**
 * Installs what is missing, runs the project's Node with the arguments in the project's folder and ends as it ends.
 * What the person at the terminal can mend is said in one line, with the remedy in the next.
 * @param {string[]} args
 */
export async function runInstalled(args) {
  const log = (line) => console.error(`posthorn: ${line}`);
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    await ensureInstalled(root, log);
    process.exitCode = await runChild({ node: findNode(root), args, cwd: root });
  } catch (error) {
    if (!error.remedy) throw error;
    log(error.message);
    log(error.remedy);
    process.exitCode = 1;
  }
}
