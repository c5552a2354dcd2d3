import { spawnSync } from 'node:child_process';

/** Ends with a remedy when a program that the bench needs is not installed. */
export function demandPrograms(names: readonly string[]): void {
  const missing = names.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length === 0) return;
  console.error(
    `bench: ${missing.join(', ')} not found; on Debian: apt-get install wrk nginx-light redis-server openssl`,
  );
  process.exit(1);
}
