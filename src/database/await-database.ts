import pg from 'pg';
import { isDatabaseOutage } from './database-outage.rules.ts';

const oldestVersion = 150_000;
const firstWaitMs = 200;
const longestWaitMs = 5_000;

/**
 * Waits until the database answers, and makes sure that it is PostgreSQL 15 or newer.
 * @throws after `patienceMs`, or at once when waiting would not help (a wrong password, a database that is not there).
 */
export async function awaitDatabase(
  config: pg.ClientConfig,
  options: { patienceMs: number; onWaiting: (error: unknown) => void },
): Promise<void> {
  const untilMs = performance.now() + options.patienceMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      await checkVersion(config);
      return;
    } catch (error) {
      if (!isDatabaseOutage(error) || performance.now() > untilMs) throw error;
      options.onWaiting(error);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

async function checkVersion(config: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, ...config });
  // Without a listener a connection that breaks after its error would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string; server_version: string }>(
      `SELECT current_setting('server_version_num') AS server_version_num, current_setting('server_version') AS server_version`,
    );
    if (Number(rows[0]?.server_version_num) < oldestVersion) {
      throw new Error(`DATABASE_URL is PostgreSQL ${rows[0]?.server_version}; Posthorn needs 15 or newer`);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}
