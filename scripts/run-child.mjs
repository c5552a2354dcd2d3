// Plain JavaScript that Node 18 understands: it runs before the project's own Node is installed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const echoWindowMs = 1000;
const parentCheckMs = 500;

/**
 * Runs Node with the arguments until it ends, passing signals on. Ctrl-C reaches us twice (from the terminal and from
 * npm), so the child sits outside the terminal's group and hears the first; a second one meant by the user passes too.
 * @param {{ node: string, args: string[], cwd: string }} options
 * @returns {Promise<number>} the child's exit code, 128 + n when signal n ended it
 */
export function runChild({ node, args, cwd }) {
  const preload = new URL('./stop-with-parent.mjs', import.meta.url).href;
  const child = spawn(node, ['--import', preload, ...args], {
    cwd,
    detached: process.platform !== 'win32',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let lastSignalAt = Number.NEGATIVE_INFINITY;
  const forward = (signal) => {
    if (performance.now() - lastSignalAt < echoWindowMs) return;
    lastSignalAt = performance.now();
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
  // `npm` asked to stop ends the shell between us and tells us nothing: then we have another parent.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    forward('SIGTERM');
  }, parentCheckMs);
  watch.unref();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
}
