import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt, root } from './pages.ts';
import { startProgram } from './shell.ts';

it('the README shows what `posthorn demo` prints', { timeout: 180_000 }, async () => {
  const demo = startProgram(process.execPath, ['src/cli/posthorn.ts', 'demo'], { cwd: root });
  onTestFinished(demo.stop);
  const [code] = (await once(demo.child, 'close')) as [number | null];
  expect([code, demo.output()]).toEqual([0, demo.output()]);
  expectExcerpt(demo.output(), blockOf(pageAt('README.md'), 'text', 'demo'));
});
