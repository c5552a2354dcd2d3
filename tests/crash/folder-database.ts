import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findServerProcesses, readPostmasterPid } from '../../src/database/embedded/server-processes.ts';
import { socketPort } from '../../src/database/embedded/server-settings.rules.ts';
import type { PosthornProcess } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';

/** The embedded database of a data folder, behind Posthorn's back. */
export type FolderDatabase = {
  /** Kills the server; answers its pid. */
  kill(): Promise<number | undefined>;
  /** Stops the server and its workers where they are; answers how to let them go on. */
  freeze(): Promise<() => void>;
  /** Resolves when another server runs in the place of `killed`. */
  awaitAnother(posthorn: PosthornProcess, killed: number | undefined): Promise<void>;
  /** Resolves when, besides, Posthorn is ready again by itself. @throws when Posthorn ended meanwhile */
  awaitRecovery(posthorn: PosthornProcess, killed: number | undefined): Promise<void>;
  use<Result>(work: (database: pg.Client) => Promise<Result>): Promise<Result>;
};

const recoveryMaxMs = 60_000;

export function databaseOf(dataFolder: string): FolderDatabase {
  const folder = join(dataFolder, 'postgres');

  const isAnother = async (killed: number | undefined): Promise<boolean> => {
    const pid = await readPostmasterPid(folder);
    return pid !== undefined && pid !== killed;
  };
  const awaitIt = async (what: string, posthorn: PosthornProcess, look: () => Promise<boolean>): Promise<void> => {
    await until(what, async () => !posthorn.running() || (await look()), { deadlineMs: recoveryMaxMs });
    if (!posthorn.running()) throw new Error('Posthorn ended with its database');
  };

  return {
    async kill() {
      const pid = await readPostmasterPid(folder);
      if (pid !== undefined) send(pid, 'SIGKILL');
      return pid;
    },
    async freeze() {
      const pids = await findServerProcesses(folder);
      for (const pid of pids) send(pid, 'SIGSTOP');
      return () => {
        for (const pid of pids) send(pid, 'SIGCONT');
      };
    },
    awaitAnother(posthorn, killed) {
      return awaitIt('another server', posthorn, () => isAnother(killed));
    },
    awaitRecovery(posthorn, killed) {
      return awaitIt('Posthorn to be ready after its database was killed', posthorn, async () => {
        if (!(await isAnother(killed))) return false;
        const answer = await fetch(`${posthorn.url}/readyz`);
        if (!answer.ok) throw new Error(await answer.text());
        return true;
      });
    },
    async use(work) {
      const password = (await readFile(join(dataFolder, 'postgres.password'), 'utf8')).trim();
      const host = join(dataFolder, 'socket');
      const database = new pg.Client({ host, port: socketPort, user: 'posthorn', database: 'posthorn', password });
      database.on('error', () => undefined);
      await database.connect();
      try {
        return await work(database);
      } finally {
        await database.end();
      }
    },
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
