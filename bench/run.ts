/**
 * `npm run bench`: every promise about speed, measured in one run on one machine, load generator and receiver
 * included. Options: --runs 3, --seconds 30, --parts throughput,inbound (all when left out), --rows 200000
 * (stored for the part readiness, 10 million when left out), --write (docs).
 */
import { cpus, totalmem } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureEgress } from './parts/egress.ts';
import { measureGrowth } from './parts/growth.ts';
import { measureIdle } from './parts/idle.ts';
import { measureInbound } from './parts/inbound.ts';
import { measureIsolation } from './parts/isolation.ts';
import { measureLatency } from './parts/latency.ts';
import { measureReadiness } from './parts/readiness.ts';
import { measureSpool } from './parts/spool.ts';
import { measureStorm } from './parts/storm.ts';
import { measureThroughput, type Rig } from './parts/throughput.ts';
import { startRigDatabase } from './rig/database.ts';
import type { Figure } from './rig/figures.ts';
import { demandPrograms } from './rig/programs.ts';

const parts = {
  throughput: measureThroughput,
  latency: measureLatency,
  isolation: measureIsolation,
  growth: measureGrowth,
  idle: measureIdle,
  inbound: measureInbound,
  storm: measureStorm,
  spool: measureSpool,
  egress: measureEgress,
  readiness: measureReadiness,
};
type Part = keyof typeof parts;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '30' },
    parts: { type: 'string', default: Object.keys(parts).join(',') },
    rows: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
demandPrograms(['wrk', 'nginx', 'redis-server', 'openssl']);
const chosen = values.parts.split(',') as Part[];
for (const part of chosen) {
  if (!(part in parts)) throw new Error(`there is no part "${part}"; choose from ${Object.keys(parts).join(', ')}`);
}

const database = await startRigDatabase();
const startedAt = Date.now();
const rig: Rig = {
  database,
  runs: Number(values.runs),
  seconds: Number(values.seconds),
  ...(values.rows === undefined ? {} : { rows: Number(values.rows) }),
  progress(what) {
    console.error(`${String(Math.round((Date.now() - startedAt) / 1000)).padStart(5)} s  ${what}`);
  },
};
const figures: Figure[] = [];
try {
  for (const part of chosen) {
    try {
      figures.push(...(await parts[part](rig)));
    } catch (error) {
      // The other parts are worth having; the run still counts as broken.
      console.error(error);
      figures.push({
        part,
        what: 'could not be measured',
        value: 'n/a',
        promise: '',
        holds: false,
        raw: String(error),
      });
    }
  }
} finally {
  await database.stop();
}

const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const command = `npm run bench -- --runs ${values.runs} --seconds ${values.seconds}${chosen.length === Object.keys(parts).length ? '' : ` --parts ${values.parts}`}`;
const table = [
  '| part | what | measured | promised | holds |',
  '|---|---|---|---|---|',
  ...figures.map(
    (figure) =>
      `| ${figure.part} | ${figure.what} | ${figure.value} | ${figure.promise} | ${figure.holds === null ? '' : figure.holds ? 'yes' : '**no**'} |`,
  ),
].join('\n');
console.log(`\n${machine}; medians of ${values.runs} runs; \`${command}\`\n\n${table}\n`);

if (values.write) {
  const document = new URL('../docs/benchmarks.md', import.meta.url);
  const text = readFileSync(document, 'utf8');
  const between = /(<!-- figures -->\n)[\s\S]*(<!-- end of figures -->)/;
  writeFileSync(
    document,
    text.replace(
      between,
      (_all, open: string, close: string) =>
        `${open}\n${machine}; medians of ${values.runs} runs; \`${command}\`\n\n${table}\n\n${close}`,
    ),
  );
  writeFileSync(
    new URL('../docs/benchmarks.json', import.meta.url),
    `${JSON.stringify({ machine, command, measuredOn: new Date().toISOString().slice(0, 10), figures }, null, 2)}\n`,
  );
}
const broken = figures.filter((figure) => figure.holds === false);
for (const figure of broken)
  console.error(`not met: ${figure.part}: ${figure.what}: ${figure.value}, ${figure.promise}`);
process.exitCode = broken.length === 0 ? 0 : 1;
