import type { FolderNews, FolderOrder } from './folders.ts';
import { runCrashRounds } from './rounds.ts';

/** Plays the rounds of one data folder in a process of its own; see folders.ts. */
const order = JSON.parse(process.argv[2] ?? '{}') as FolderOrder;
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const tell = (news: FolderNews): void => void process.send?.(news);

const report = await runCrashRounds({
  ...order,
  stop: stopping.signal,
  onRound: (figures) => tell({ kind: 'round', figures }),
});
tell({ kind: 'report', report });
process.disconnect();
