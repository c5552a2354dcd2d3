import { openDatabase } from '../../database/open-database.ts';
import { createPool, endPool } from '../../database/pool.ts';
import type { DrillDatabase } from '../stage.ts';
import { fillFromTemplate } from './database-template.ts';
import { quietLog } from './quiet-log.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** A PostgreSQL on a folder that is its own, behind a port that can be cut. */
export async function startDatabase(
  folder: string,
  learn: (secret: string) => void,
): Promise<DrillDatabase & { stop(): Promise<void> }> {
  await fillFromTemplate(folder);
  const database = await openDatabase({ databaseUrl: null, dataFolder: folder, mayStartWithout: false, log: quietLog });
  const { host = '', port = 5432, user = '', password, database: name = '' } = database.connection;
  const secret = typeof password === 'string' ? password : '';
  learn(secret);
  const proxy = await startTcpProxy({ path: `${host}/.s.PGSQL.${port}` });
  const pool = createPool({ ...database.connection, max: 2, application_name: 'drill' }, () => undefined);
  return {
    url: `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${proxy.port}/${name}`,
    cut: () => proxy.cut(),
    restore: () => proxy.restore(),
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await pool.query(text, [...values])).rows as Row[],
    async stop() {
      await proxy.close();
      await endPool(pool);
      await database.stop();
    },
  };
}
