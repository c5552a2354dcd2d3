import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, runCommand } from './plant.ts';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };

/** A user's environment: neither this project's commands on the PATH nor what npm tells its scripts. */
function usersEnvironment(): NodeJS.ProcessEnv {
  const ours = /^npm_(lifecycle|package|command|config_local_prefix|config_prefix)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes(`node_modules${sep}.bin`));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

async function npm(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, output } = await runCommand(command, args, { cwd, env: usersEnvironment(), timeoutMs: 150_000 });
  expect({ code, output }).toEqual({ code: 0, output });
  return output;
}

test('the packed package installs into an empty folder and runs there', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-package-'));
  try {
    const packed = await npm(projectRoot, 'npm', 'pack', '--json', '--loglevel=error', `--pack-destination=${folder}`);
    const files = [...packed.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path);
    expect(files).toContain('dist/cli/posthorn.js');
    expect(files).toContain('dist/database/migrations/0001_foundation.sql');
    expect(files.filter((path) => /\.test\.|^(src|tests|bench)\//.test(path ?? ''))).toEqual([]);

    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    await npm(folder, 'npm', 'install', ...quiet, `./posthorn-${version}.tgz`);
    const answer = await npm(folder, 'npx', '--no-install', 'posthorn', '--version');
    expect(answer.trim().split('\n').at(-1)).toBe(version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
