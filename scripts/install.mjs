// Plain JavaScript that Node 18 understands: it runs before the project's own Node is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Remediable } from './runtime.mjs';

const remedies = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/,
    'The npm registry could not be reached.',
    'Connect to the network, or name a mirror with `npm config set registry <url>`, and run the same command again.',
  ],
  [/ENOSPC/, 'The disk is full.', 'Free about 1 GB and run the same command again.'],
  [
    /EACCES|EPERM|EROFS/,
    'npm may not write here.',
    "Give this folder and npm's cache (`npm config get cache`) to your user, or clone into a folder you own.",
  ],
  [/EINTEGRITY/, 'A downloaded package is damaged.', 'Run `npm cache clean --force` and run the same command again.'],
  [
    /EUSAGE|can only install/,
    'package.json and package-lock.json disagree.',
    'Run `npm install`, or `git checkout package.json package-lock.json` to go back to the committed ones.',
  ],
  [
    /E40[0-9]|ETARGET|E5\d\d/,
    'The npm registry does not hand out a package that Posthorn needs.',
    'See which one above; ask who keeps your mirror, or run `npm config delete registry`, and try again.',
  ],
];

/**
 * Installs what package-lock.json names, unless node_modules holds exactly that already.
 * @param {string} root the project's folder
 * @param {(line: string) => void} log
 * @throws {Remediable}
 */
export async function ensureInstalled(root, log) {
  if (isInstalled(root)) return;
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new Remediable(`${root} cannot be written.`, 'Clone Posthorn into a folder that your user owns.');
  }
  const changed = existsSync(join(root, 'node_modules'));
  log(
    changed
      ? 'package-lock.json changed: installing dependencies again (npm ci).'
      : 'Installing dependencies, Node 24 and PostgreSQL from npm (npm ci). About a minute, the first time only.',
  );
  const startedAt = Date.now();
  await runNpmCi(root, log);
  writeStamp(root);
  log(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/** Whether node_modules holds what package-lock.json names, by `npm ci` here or by hand. */
function isInstalled(root) {
  if (!existsSync(join(root, 'node_modules'))) return false;
  try {
    if (readFileSync(stampPath(root), 'utf8') === lockHash(root)) return true;
  } catch {
    // No stamp: npm itself may have installed; its own record tells.
  }
  if (!matchesNpmsRecord(root)) return false;
  writeStamp(root);
  return true;
}

/** Packages for other platforms are optional and rightly absent; every other must be there in its locked version. */
function matchesNpmsRecord(root) {
  try {
    const wanted = readJson(join(root, 'package-lock.json')).packages;
    const present = readJson(join(root, 'node_modules', '.package-lock.json')).packages;
    return Object.entries(wanted).every(
      ([path, entry]) => path === '' || (present[path] ? present[path].version === entry.version : entry.optional),
    );
  } catch {
    return false;
  }
}

/** @returns {Promise<void>} */
function runNpmCi(root, log) {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  // npm's own patience (minutes when offline) is longer than anyone's.
  flags.push('--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000');
  const { command, args, shell } = npmCommand();
  const startedAt = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, 'ci', ...flags], { cwd: root, shell, stdio: ['ignore', 'inherit', 'pipe'] });
    const beat = setInterval(() => log(`still installing (${Math.round((Date.now() - startedAt) / 1000)} s)`), 20_000);
    let errors = '';
    child.stderr.on('data', (chunk) => {
      process.stderr.write(chunk);
      errors = (errors + chunk).slice(-20_000);
    });
    child.on('error', (error) => {
      clearInterval(beat);
      reject(
        new Remediable(`npm could not be started: ${error.message}.`, 'Install npm 9 or newer (it comes with Node).'),
      );
    });
    child.on('close', (code, signal) => {
      clearInterval(beat);
      if (code === 0) resolve();
      else reject(explain(errors, signal));
    });
  });
}

/** @returns {Remediable} */
function explain(errors, signal) {
  if (signal) return new Remediable(`npm ci was ended by ${signal}.`, 'Run the same command again.');
  const known = remedies.find(([pattern]) => pattern.test(errors));
  if (known) return new Remediable(known[1], known[2]);
  return new Remediable(
    'npm ci failed; its own words are above.',
    'Mend that, or try `npm install -g npm@latest` first.',
  );
}

/** The npm that called us, under the Node that runs it: node_modules/.bin/node is about to be replaced. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) {
    return { command: process.env.npm_node_execpath || process.execPath, args: [script], shell: false };
  }
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

function writeStamp(root) {
  try {
    writeFileSync(stampPath(root), lockHash(root));
  } catch {
    // A read-only node_modules is still a good one; it is only looked at again next time.
  }
}

function stampPath(root) {
  return join(root, 'node_modules', '.posthorn-installed');
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
