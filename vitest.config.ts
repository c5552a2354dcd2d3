import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Hundreds of processes are started that compile the same sources: by far the most of what starting one costs.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

/** They touch nothing but what they import, and need no database. */
const pure = ['src/**/*.rules.test.ts', 'tests/**/judgements-*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    // Files share processes: to start one and to load the product anew takes longer than most files do. So each leaves
    // behind what it found, the environment, timers, prototypes and the exit code.
    isolate: false,
    // Many tests wait for real processes, timers and disks: more of them at once than there are processors.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // Real processes on a loaded machine: slow is not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more try where nobody watches; vitest still lists what needed it.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      { extends: true, test: { name: 'pure', include: pure } },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...pure],
          globalSetup: ['tests/support/database.global.ts'],
          setupFiles: ['tests/support/answers.setup.ts'],
        },
      },
    ],
  },
});
