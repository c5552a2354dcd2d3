import { parseArgs } from 'node:util';
import { playInFolders } from './folders.ts';
import { renderReport } from './report.ts';

/**
 * `npm run test:crash -- --rounds N [--folders F] [--parallel P] [--seed S] [--only K]`: kills Posthorn N times
 * under load and looks for anything lost. The rounds are shared out over F gateways, each with a data folder and a seed
 * of its own. With K, a pattern, only kinds of kill with such a name.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    folders: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const folders = Number(values.folders);
const parallel = Number(values.parallel);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
if (!isCount(rounds) || !isCount(folders) || folders > rounds || !isCount(parallel) || !Number.isSafeInteger(seed)) {
  console.error(
    'usage: npm run test:crash -- --rounds <1 or more> [--folders <at most the rounds>] [--parallel <1 or more>] [--seed <whole number>] [--only <pattern of kinds of kill>]',
  );
  process.exit(2);
}

const isTerminal = process.stderr.isTTY;
const width = 30;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error(`\n${signal}: the rounds under way are the last ones`);
    stopping.abort();
  });
}
console.error(`${rounds} rounds in ${folders} data folders, ${Math.min(parallel, folders)} at once, seed ${seed}`);
let played = 0;
const report = await playInFolders({
  rounds,
  folders,
  parallel,
  seed,
  only: values.only,
  stop: stopping.signal,
  onRound({ kind, recoveryMs, reached }) {
    played += 1;
    const filled = Math.round((played / rounds) * width);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    const last = `${kind}${reached ? '' : ' (not reached)'}, back in ${(recoveryMs / 1000).toFixed(1)} s`;
    if (isTerminal) process.stderr.write(`\r\x1b[K${bar} ${played}/${rounds}  ${last}`);
    else if (played % 25 === 0) console.error(`${played}/${rounds}`);
  },
});
if (isTerminal) process.stderr.write('\r\x1b[K');
console.log(renderReport(report));
if (report.failures.length > 0) {
  console.error(`\nFAILED with seed ${seed}\n${report.failures.join('\n')}`);
  process.exitCode = 1;
}
