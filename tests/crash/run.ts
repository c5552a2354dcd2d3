import { parseArgs } from 'node:util';
import { renderReport } from './report.ts';
import { runCrashRounds } from './rounds.ts';

/** `npm run test:crash -- --rounds N [--seed S]`: kills Posthorn N times under load and looks for anything lost. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' } },
});
const rounds = Number(values.rounds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run test:crash -- --rounds <1 or more> [--seed <whole number>]');
  process.exit(2);
}

const isTerminal = process.stderr.isTTY;
const width = 30;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error(`\n${signal}: this round is the last one`);
    stopping.abort();
  });
}
console.error(`${rounds} rounds, seed ${seed}`);
const report = await runCrashRounds({
  rounds,
  seed,
  stop: stopping.signal,
  onRound({ kind, recoveryMs, reached }, round) {
    const filled = Math.round((round / rounds) * width);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    const last = `${kind}${reached ? '' : ' (not reached)'}, back in ${(recoveryMs / 1000).toFixed(1)} s`;
    if (isTerminal) process.stderr.write(`\r\x1b[K${bar} ${round}/${rounds}  ${last}`);
    else if (round % 25 === 0) console.error(`${round}/${rounds}`);
  },
});
if (isTerminal) process.stderr.write('\r\x1b[K');
console.log(renderReport(report));
if (report.failures.length > 0) {
  console.error(`\nFAILED with seed ${seed}\n${report.failures.join('\n')}`);
  console.error(`The data folder is kept: ${report.keptFolder}`);
  process.exitCode = 1;
}
