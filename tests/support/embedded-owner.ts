import { startEmbeddedPostgres } from '../../src/database/embedded/start-embedded-postgres.ts';

/**
 * A process that owns the database of the folder in its argument, for tests that kill it. It prints one line of JSON,
 * `{pid, connection}` or `{code}`, and stops when its input ends.
 */
const ignore = () => {};
try {
  const server = await startEmbeddedPostgres({
    dataFolder: process.argv[2] ?? '',
    log: { info: ignore, warn: ignore, error: ignore },
  });
  process.stdout.write(`${JSON.stringify({ pid: server.pid(), connection: server.connection })}\n`);
  process.stdin.resume().once('end', () => void server.stop());
} catch (error) {
  process.stdout.write(`${JSON.stringify({ code: (error as { code?: string }).code ?? String(error) })}\n`);
}
