import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { packageBin } from './package-bin.ts';

/**
 * Emits dist/ from src/: Node strips no types inside node_modules, so what is published is JavaScript. What applications
 * import, `posthorn/receiver` and `posthorn/client`, gets declarations too. `--receiver <folder>` and `--client <folder>`
 * emit that part alone, as dist/ would have it.
 */
const root = join(import.meta.dirname, '..');
const [only, folder] = process.argv.slice(2);
if (only === '--receiver' && folder !== undefined) buildPart('receiver', resolve(folder), []);
else if (only === '--client' && folder !== undefined) buildPart('client', resolve(folder), []);
else buildAll(join(root, 'dist'));

type Part = 'receiver' | 'client';

function buildAll(dist: string): void {
  rmSync(dist, { recursive: true, force: true });
  compile(['-p', 'tsconfig.build.json']);
  for (const file of globSync('src/**/*.{sql,json,html,css}', { cwd: root })) {
    cpSync(join(root, file), join(dist, relative('src', file)), { recursive: true });
  }
  for (const part of ['receiver', 'client'] as const) buildPart(part, dist, ['--emitDeclarationOnly']);
  chmodSync(join(dist, 'cli', 'posthorn.js'), 0o755);
}

function buildPart(part: Part, dist: string, more: string[]): void {
  const settings = ['--module', 'nodenext', '--target', 'esnext', '--types', 'node', '--strict', '--skipLibCheck'];
  const emit = ['--exactOptionalPropertyTypes', '--rewriteRelativeImportExtensions', '--declaration'];
  const places = ['--rootDir', 'src', '--outDir', dist, `src/${part}/${part}.ts`];
  compile(['--ignoreConfig', ...settings, ...emit, ...more, ...places]);
  // The compiler rewrites imports in JavaScript only, and a `.ts` in a declaration is not found by every resolver.
  for (const file of globSync(`${part}/**/*.d.ts`, { cwd: dist })) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll(/((?:from|import\() ?')(\.[^']*)\.ts'/g, "$1$2.js'"));
  }
  if (part === 'client') return;
  for (const ending of ['js', 'd.ts']) {
    writeFileSync(join(dist, 'receiver', `index.${ending}`), "export * from './receiver.js';\n");
  }
}

function compile(args: string[]): void {
  const { status } = spawnSync(process.execPath, [packageBin('typescript', 'tsc'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
