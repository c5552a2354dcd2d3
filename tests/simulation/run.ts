import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/** `npm run test:simulation -- --seeds N [--seed S]`: N runs from seed 1 (or S), or one seed with its whole trace. */
const { values } = parseArgs({
  options: { seeds: { type: 'string' }, seed: { type: 'string' }, trace: { type: 'boolean' } },
});
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 10_000 : 1));
const startedAt = performance.now();
const sums = new Map<string, number>();
const failed: number[] = [];

for (let seed = first; seed < first + count; seed += 1) {
  const report = await simulate(seed, { trace: values.trace ?? count === 1 });
  for (const [name, value] of Object.entries(report.counts)) sums.set(name, (sums.get(name) ?? 0) + value);
  if (report.violations.length > 0) await tell(seed, report.violations);
  if (count === 1) console.log(report.trace.join('\n'));
  showProgress(seed - first + 1);
}
if (process.stdout.isTTY) process.stdout.write('\n');
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `${count} seeds in ${seconds} s, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
);
console.log([...sums].map(([name, sum]) => `${sum.toLocaleString('en')} ${name}`).join(', '));
process.exitCode = failed.length > 0 ? 1 : 0;

async function tell(seed: number, violations: string[]): Promise<void> {
  failed.push(seed);
  if (failed.length > 10) return;
  const { trace } = await simulate(seed, { trace: true });
  const at = trace.findIndex((line) => line.includes('VIOLATION'));
  console.log(`\nseed ${seed} fails; the same run: npm run test:simulation -- --seed ${seed}`);
  for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`);
  if (count > 1)
    console.log(
      trace
        .slice(Math.max(0, at - 15), at + 1)
        .map((line) => `    ${line}`)
        .join('\n'),
    );
}

function showProgress(done: number): void {
  if (!process.stdout.isTTY || (done % 10 !== 0 && done !== count)) return;
  const width = 40;
  const filled = Math.round((done / count) * width);
  const rate = done / ((performance.now() - startedAt) / 1000);
  const left = Math.round((count - done) / rate);
  process.stdout.write(
    `\r[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${done}/${count} ${rate.toFixed(0)}/s, ${left} s left, ${failed.length} failed `,
  );
}
