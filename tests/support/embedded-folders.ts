import { chmod, copyFile, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/start-embedded-postgres.ts';

/** A new folder that is removed when the test ends. Everyone may pass through it, the server's user included. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-embedded-')));
  await chmod(folder, 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A log that keeps what it was told. */
export function recordingLog() {
  const lines: { level: string; message: string }[] = [];
  const level = (name: string) => (_fields: object, message: string) => {
    lines.push({ level: name, message });
  };
  return { lines, info: level('info'), warn: level('warn'), error: level('error') };
}

/** Starts the embedded server with a recording log; it is stopped when the test ends, before its folder goes. */
export async function startForTest(options: Omit<Parameters<typeof startEmbeddedPostgres>[0], 'log'>) {
  const log = recordingLog();
  const server = await startEmbeddedPostgres({ ...options, log });
  onTestFinished(() => server.stop());
  return { ...server, log };
}

/** Runs one statement on a connection of its own and returns its rows. */
export async function queryOnce(connection: pg.ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Copies a tree without its links: what npm unpacks when it runs no install script. */
export async function unpackLike(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await unpackLike(from, to);
    else if (entry.isFile()) await copyFile(from, to);
  }
}
