import { endLeftBackends } from '../../database/discard-database.ts';
import { openDatabase } from '../../database/open-database.ts';
import { createPool, endPool } from '../../database/pool.ts';
import type { DrillDatabase } from '../stage.ts';
import { fillFromTemplate } from './database-template.ts';
import { quietLog } from './quiet-log.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** A PostgreSQL on a folder that is its own, as a gateway starts its own, behind a port that can be cut. */
export async function startDatabase(
  folder: string,
  learn: (secret: string) => void,
): Promise<DrillDatabase & { stop(): Promise<void> }> {
  await fillFromTemplate(folder);
  const open = () => openDatabase({ databaseUrl: null, dataFolder: folder, mayStartWithout: false, log: quietLog });
  const database = await open();
  const { host = '', port = 5432, user = '', password, database: name = '' } = database.connection;
  const secret = typeof password === 'string' ? password : '';
  learn(secret);
  const proxy = await startTcpProxy({ path: `${host}/.s.PGSQL.${port}` });
  const pool = createPool({ ...database.connection, max: 2, application_name: 'drill' }, () => undefined);
  let running = Promise.resolve(database);
  let isDown = false;
  let isOver = false;
  const recover = async (): Promise<void> => {
    if (!isDown) return;
    isDown = false;
    running = open();
    await running;
  };
  return {
    url: `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${proxy.port}/${name}`,
    cut: () => proxy.cut(),
    restore: () => proxy.restore(),
    async crash() {
      const server = await running;
      const pid = server.pid();
      if (pid === undefined) throw new Error('the database server of the drill does not run');
      isDown = true;
      process.kill(pid, 'SIGKILL');
      // In the same turn: what looks after the server would start it again.
      await server.stop();
      // The port of a dead server refuses.
      await proxy.cut();
      await endLeftBackends(folder);
    },
    async recover() {
      if (isOver) throw new Error('the database of the drill is ended already');
      await recover();
      await proxy.restore();
    },
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await pool.query(text, [...values])).rows as Row[],
    async stop() {
      if (isOver) return;
      isOver = true;
      await proxy.close();
      await endPool(pool);
      // Only a start gives back the shared memory of a server that was killed.
      await recover();
      await (await running).stop();
    },
  };
}
