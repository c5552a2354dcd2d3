import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const projectRoot = join(import.meta.dirname, '..', '..');

/** A small project in a temporary folder, gone when disposed. */
interface Planted extends Disposable {
  root: string;
}

/** Writes the files, by path, and copies the named ones of this project beside them. */
export function plant(files: Record<string, string>, copied: string[] = []): Planted {
  const root = mkdtempSync(join(tmpdir(), 'posthorn-planted-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const path of copied) copyFileSync(join(projectRoot, path), join(root, path));
  // Only what types need, since tools may walk into what is linked here.
  for (const name of ['@types', 'vitest']) {
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules', name), join(root, 'node_modules', name), 'junction');
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

interface Outcome {
  code: number | null;
  /** Both streams together. */
  output: string;
}

/** Runs a JavaScript or TypeScript file with this Node and waits for its end; the project's commands are on its PATH. */
export function runNode(args: string[], { cwd }: { cwd: string }): Promise<Outcome> {
  const path = [join(projectRoot, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  return runCommand(process.execPath, args, { cwd, env: { ...process.env, PATH: path } });
}

/** Runs a command without a shell and waits for its end. */
export function runCommand(
  command: string,
  args: string[],
  { cwd, env, timeoutMs = 15_000 }: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs?: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
