import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { expectExcerpt } from '../docs/excerpt.ts';
import { blockOf, pageAt } from '../docs/pages.ts';
import { openShell } from '../docs/shell.ts';
import { openStage, type Stage } from '../docs/stage.ts';

const longMs = 180_000;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, longMs);
afterAll(async () => {
  await stage?.close();
}, longMs);

/** Without what differs from run to run and the columns that give way to it. */
const alike = (text: string): string =>
  text
    .replaceAll(/whsec_\S+/g, 'whsec_SECRET')
    .replaceAll(/\b[\d.]+ (?:ms|s)\b/g, 'N ms')
    .replaceAll(/(\S) {2,}/g, '$1  ');

test('docs/listening.md shows what its commands print', { timeout: longMs }, async () => {
  const page = pageAt('docs/listening.md');
  const { team, endpoint } = await stage.makeTeam();
  const shell = openShell({
    cwd: stage.folder,
    env: { URL: stage.url, TEAM: team, ENDPOINT: endpoint, XDG_CONFIG_HOME: stage.workFolder('settings') },
  });
  onTestFinished(shell.stop);
  const [setUp = ''] = pageAt('README.md').blocks.flatMap(({ role, text }) => (role === 'quickstart' ? [text] : []));
  await shell.run(setUp.replace('http://127.0.0.1:8420', stage.url));
  const printed: string[] = [];
  for (const { role, text } of page.blocks) if (role === 'listens') printed.push(await shell.run(text));
  const [, table = '', ofEndpoint = '', status, kind] = printed;
  expectExcerpt(alike(table), alike(blockOf(page, 'text', 'shown')));
  expect(ofEndpoint).toMatch(new RegExp(`to endpoint ${endpoint} .*invoice\\.paid +api +\\d+ B .*1 event\\.`, 's'));
  expect([status, kind].map((text) => text?.split('\n').at(-1))).toEqual(['200', 'position']);
});
