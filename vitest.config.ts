import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    globalSetup: ['tests/support/database.global.ts'],
    setupFiles: ['tests/support/answers.setup.ts'],
    pool: 'forks',
    // Many tests wait for real processes, timers and disks: more of them at once than there are processors.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // Real processes on a loaded machine: slow is not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more try where nobody watches; vitest still lists what needed it.
    retry: process.env['CI'] === undefined ? 0 : 1,
  },
});
