import type pg from 'pg';
import { findRunningServer } from './embedded/running-server.ts';
import type { ServerLog } from './embedded/server-log.ts';
import { startEmbeddedPostgres } from './embedded/start-embedded-postgres.ts';

/** A database that is used beside the nodes that run over it. */
export type VisitedDatabase = { connection: pg.ClientConfig; leave(): Promise<void> };

/**
 * Reaches the database for a command: the one of `databaseUrl`, else the embedded one: through the Posthorn that runs,
 * or started for as long as the visit lasts. Migrates nothing.
 */
export async function visitDatabase(options: {
  databaseUrl: string | null;
  dataFolder: string;
  log: ServerLog;
}): Promise<VisitedDatabase> {
  const { databaseUrl, dataFolder } = options;
  if (databaseUrl !== null) {
    return { connection: { connectionString: databaseUrl }, leave: () => Promise.resolve() };
  }
  const running = await findRunningServer(dataFolder);
  if (running !== null) return { connection: { ...running }, leave: () => Promise.resolve() };
  const started = await startEmbeddedPostgres(options);
  return { connection: started.connection, leave: () => started.stop() };
}
