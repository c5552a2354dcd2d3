import { type SpawnOptions, spawn } from 'node:child_process';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import type { ServerUser } from './server-user.rules.ts';

/** Options under which every PostgreSQL program is started: as its user, from a folder that user can enter. */
export function spawnOptions(user: ServerUser): SpawnOptions {
  return {
    cwd: '/',
    // Nothing is inherited: PGDATA, PGOPTIONS or a locale of the caller would change what the server does.
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    ...(user.switched ? { uid: user.uid, gid: user.gid } : {}),
  };
}

export type ToolResult = { exitCode: number | null; output: string };

/** Runs a PostgreSQL program to its end. Throws `binary_unusable` when it cannot even be started. */
export async function runTool(tool: {
  command: string;
  args: string[];
  user: ServerUser;
  stdin?: string;
}): Promise<ToolResult> {
  return await new Promise((resolve, reject) => {
    const child = spawn(tool.command, tool.args, { ...spawnOptions(tool.user), stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-64 * 1024);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    // A program that ends without reading its input breaks the pipe; its exit code tells the rest.
    child.stdin?.on('error', () => {});
    child.stdin?.end(tool.stdin ?? '');
    child.once('error', (error) => reject(binaryUnusable(tool.command, error.message, error)));
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}

export function binaryUnusable(command: string, reason: string, cause?: unknown): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'binary_unusable',
    what: `the embedded PostgreSQL program ${command} does not run here (${reason})`,
    remedy:
      'it needs a glibc system and permission to change to its user; else set DATABASE_URL to your own PostgreSQL',
    cause,
  });
}
