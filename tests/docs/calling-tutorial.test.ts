import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt } from './pages.ts';
import { freePort, startProgram } from './shell.ts';
import { openStage, type Stage } from './stage.ts';

const longMs = 180_000;
const page = pageAt('docs/calling-tutorial.md');
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, longMs);
afterAll(async () => {
  await stage?.close();
}, longMs);

/** Where a table of calls, and what is said of waiting, differ from run to run. */
function alike(text: string): string {
  return text
    .replaceAll(/^(\d\d:\d\d:\d\d {2}\S+ +)[\d.]+ m?s +/gm, '$1N  ')
    .replaceAll(/\bcalled \d+ s ago\b/g, 'called N s ago')
    .replaceAll(/\bdue in \d+ s\b/g, 'due in N s');
}

async function isListening(port: string): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/simulator/requests`).then(
    () => true,
    () => false,
  );
}

it('the script runs as it is written, shows what it says, and leaves nothing running', {
  timeout: longMs,
}, async () => {
  const port = String(await freePort());
  const script = blockOf(page, 'sh', 'tutorial')
    .replaceAll('http://127.0.0.1:8420', stage.url)
    .replaceAll('--port 8500', `--port ${port}`);
  expect(script).toContain(stage.url);
  expect(script).toContain(port);
  // Typed into a shell, as it is pasted.
  const shell = startProgram('bash', ['--noprofile', '--norc'], { cwd: stage.folder });
  onTestFinished(shell.stop);
  const ended = once(shell.child, 'exit');
  shell.child.stdin?.end(`${script}\nexit\n`);
  const [code] = (await ended) as [number | null];
  expect([code, shell.output()]).toEqual([0, shell.output()]);
  expectExcerpt(alike(shell.output()), alike(blockOf(page, 'text', 'printed')));
  await until('the simulator to end', async () => !(await isListening(port)));

  const file = (name: string): Buffer => readFileSync(join(stage.folder, 'tutorial', name));
  const { id: connection } = JSON.parse(String(file('connection'))) as { id: string };
  const { envelopeId } = JSON.parse(String(file('contract'))) as { envelopeId: string };
  const { data: teams } = await stage.call<{ data: { id: string; name: string }[] }>('GET', '/v1/teams');
  const team = teams.find(({ name }) => name === 'Tutorial')?.id ?? '';
  const kept = await stage.call<{ data: { kind: string; sha256: string; state: string }[] }>(
    'GET',
    `/v1/teams/${team}/archive?subject=${envelopeId}`,
  );
  const signed = kept.data.find(({ kind }) => kind === 'signed');
  const pdf = file('combined.pdf');
  expect(String(pdf)).toContain('% Simulated: completed');
  expect(signed).toMatchObject({ state: 'stored', sha256: createHash('sha256').update(pdf).digest('hex') });

  // What DocuSign was asked is what the ledger has.
  type Line = { request?: { method: string; path: string; status: number } };
  const lines = String(file('docusign')).trim().split('\n');
  const asked = lines.flatMap((line) => (JSON.parse(line) as Line).request ?? []);
  const calls = await stage.call<{ data: { method: string; path: string; status: number | null; tryCount: number }[] }>(
    'GET',
    `/v1/teams/${team}/calls?connection=${connection}`,
  );
  const named = ({ method, path, status }: { method: string; path: string; status: number | null }): string =>
    `${method} ${path.replace(/^\/restapi/, '')} ${status}`;
  const sent = calls.data.filter(({ tryCount }) => tryCount > 0);
  expect(sent.map(named).toSorted()).toEqual(
    asked
      .filter(({ path }) => path.startsWith('/restapi/'))
      .map(named)
      .toSorted(),
  );
  expect(calls.data.length - sent.length).toBe(1);
});
