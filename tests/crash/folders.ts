import { fork } from 'node:child_process';
import { mergeReports, type CrashReport, type RoundFigures } from './report.ts';

/** What a process that plays one folder is told, as JSON in its only argument. */
export type FolderOrder = { rounds: number; seed: number; only: string };
/** What it tells. */
export type FolderNews =
  | { kind: 'round'; figures: RoundFigures }
  | { kind: 'report'; report: CrashReport & { keptFolder: string | null } };

/**
 * Shares the rounds out over data folders, each played by a process of its own, so that no audit has to look at the
 * history of a thousand rounds. The first folder that fails ends the others after their round.
 */
export async function playInFolders(options: {
  rounds: number;
  folders: number;
  parallel: number;
  seed: number;
  /** A pattern: kinds of kill with such a name alone. */
  only: string;
  stop: AbortSignal;
  onRound: (figures: RoundFigures) => void;
}): Promise<CrashReport> {
  const startedAtMs = performance.now();
  const failed = new AbortController();
  const stop = AbortSignal.any([options.stop, failed.signal]);
  const orders = Array.from({ length: options.folders }, (_, index): FolderOrder => {
    const share = Math.floor(options.rounds / options.folders);
    return {
      rounds: share + (index < options.rounds % options.folders ? 1 : 0),
      seed: options.seed + index,
      only: options.only,
    };
  });
  const reports: CrashReport[] = [];
  const playNext = async (): Promise<void> => {
    for (let order = orders.shift(); order !== undefined && !stop.aborted; order = orders.shift()) {
      const { keptFolder, ...report } = await playFolder(order, stop, options.onRound);
      if (keptFolder !== null) report.failures.push(`seed ${order.seed}; the data folder is kept: ${keptFolder}`);
      reports.push(report);
      if (report.failures.length > 0) failed.abort();
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, playNext));
  return { ...mergeReports(reports), seed: options.seed, seconds: (performance.now() - startedAtMs) / 1000 };
}

function playFolder(
  order: FolderOrder,
  stop: AbortSignal,
  onRound: (figures: RoundFigures) => void,
): Promise<CrashReport & { keptFolder: string | null }> {
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C reaches this process alone, which tells the others.
    const child = fork(new URL('./play-folder.ts', import.meta.url), [JSON.stringify(order)], { detached: true });
    const end = (): void => void child.kill('SIGTERM');
    stop.addEventListener('abort', end);
    let report: (CrashReport & { keptFolder: string | null }) | null = null;
    child.on('message', (news: FolderNews) => {
      if (news.kind === 'round') onRound(news.figures);
      else report = news.report;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      stop.removeEventListener('abort', end);
      if (report === null)
        reject(new Error(`the folder of seed ${order.seed} ended with ${code ?? signal} and no report`));
      else resolve(report);
    });
  });
}
