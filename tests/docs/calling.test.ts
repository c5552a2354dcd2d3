import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt } from './pages.ts';
import { freePort, openShell } from './shell.ts';
import { openStage, type Stage } from './stage.ts';

const longMs = 180_000;
const readme = pageAt('README.md');
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, longMs);
afterAll(async () => {
  await stage?.close();
}, longMs);

it('the README calls a provider as it is written, and shows what comes', { timeout: longMs }, async () => {
  const port = String(await freePort());
  const shell = openShell({ cwd: stage.folder });
  onTestFinished(shell.stop);
  const steps = (role: string): string[] =>
    readme.blocks
      .filter((block) => block.language === 'sh' && block.role === role)
      .map(({ text }) => text.replaceAll('http://127.0.0.1:8420', stage.url).replaceAll('8500', port));
  const [setUp = '', create = ''] = steps('quickstart');
  await shell.run(setUp);
  await shell.run(create);
  await shell.run(`export POSTHORN_URL=$URL POSTHORN_TEAM=$TEAM`);
  const [provider = '', connect = '', call = '', list = '', ...more] = steps('calling');
  expect(more).toEqual([]);
  await shell.run(provider);
  await shell.run(connect);
  expectExcerpt(await shell.run(call), blockOf(readme, 'text', 'called'));
  expect(await shell.run(list)).toMatch(/GET\s.*\/api\/v2\/envelope/);
});
