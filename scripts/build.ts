import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageBin } from './package-bin.ts';

/** Emits dist/ from src/: Node strips no types inside node_modules, so what is published is JavaScript. */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const emitted = spawnSync(process.execPath, [packageBin('typescript', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (emitted.status !== 0) process.exit(emitted.status ?? 1);

for (const file of globSync('src/**/*.{sql,json,html,css}', { cwd: root })) {
  const target = join(dist, relative('src', file));
  cpSync(join(root, file), target, { recursive: true });
}
chmodSync(join(dist, 'cli', 'posthorn.js'), 0o755);
