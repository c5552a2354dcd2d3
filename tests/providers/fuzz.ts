import { parseArgs } from 'node:util';
import { allProfiles } from '../../src/providers/registry.ts';
import { brokenPromise } from './promises.ts';

/**
 * `node tests/providers/fuzz.ts --minutes N [--seed S] [--provider name]`: every profile in turn, with new requests
 * each round, until the time is over or a promise is broken.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, provider: { type: 'string' } },
});
const minutes = Number(values.minutes ?? 1);
const firstSeed = Number(values.seed ?? Date.now() % 2 ** 31);
const profiles = allProfiles().filter(({ name }) => values.provider === undefined || name === values.provider);
const runsPerRound = 500;
const startedAt = performance.now();
const untilMs = startedAt + minutes * 60_000;
const say = (text: string): boolean => process.stdout.write(text);
let toldAt = startedAt;
let requests = 0;
let broken = false;

if (profiles.length === 0 || !(minutes > 0)) {
  say('Nothing to do: --minutes must be above 0, and --provider one of src/providers.\n');
  process.exitCode = 2;
}
for (let seed = firstSeed; profiles.length > 0 && !broken && performance.now() < untilMs; seed += 1) {
  for (const profile of profiles) {
    const found = brokenPromise(profile, { numRuns: runsPerRound, seed });
    requests += runsPerRound;
    if (found !== null) {
      broken = true;
      const again = `node tests/providers/fuzz.ts --seed ${seed} --provider ${profile.name}`;
      say(`
${profile.name} breaks a promise; the same requests again: ${again}
${found}
`);
    }
    showProgress(seed);
  }
}
say(`\n${requests.toLocaleString('en')} requests to ${profiles.length} profiles from seed ${firstSeed}: `);
say(broken ? 'a promise was broken\n' : 'every promise held\n');
if (broken) process.exitCode = 1;

function showProgress(seed: number): void {
  const now = performance.now();
  if (now - toldAt < (process.stdout.isTTY ? 500 : 15_000)) return;
  toldAt = now;
  const rate = (requests / (now - startedAt)) * 1000;
  const leftSeconds = Math.max(0, Math.round((untilMs - now) / 1000));
  const line = `seed ${seed}: ${requests.toLocaleString('en')} requests, ${rate.toFixed(0)}/s, ${leftSeconds} s left`;
  say(process.stdout.isTTY ? `\r${line}   ` : `${line}\n`);
}
