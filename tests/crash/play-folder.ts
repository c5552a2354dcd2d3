import type { FolderNews, FolderOrder } from './folders.ts';
import { runCrashRounds } from './rounds.ts';

/** Plays the rounds of one data folder in a process of its own; see folders.ts. */
const order = JSON.parse(process.argv[2] ?? '{}') as FolderOrder;
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
// Whoever gave the order is gone: clean up after the round under way.
process.once('disconnect', () => stopping.abort());
const tell = (news: FolderNews): void => {
  if (process.connected) process.send?.(news, undefined, {}, () => undefined);
};

const report = await runCrashRounds({
  ...order,
  stop: stopping.signal,
  onRound: (figures) => tell({ kind: 'round', figures }),
});
tell({ kind: 'report', report });
if (process.connected) process.disconnect();
