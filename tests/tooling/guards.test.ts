import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageBin } from '../../scripts/package-bin.ts';
import { plant, projectRoot, runNode } from './plant.ts';

interface Guard {
  name: string;
  command: string[];
  copied: string[];
  clean: Record<string, string>;
  planted: Record<string, string>;
  expected: string;
}

const tsconfig = JSON.stringify({ extends: join(projectRoot, 'tsconfig.json'), include: ['src'] });
const manifest = JSON.stringify({ type: 'module' });
const used = `export const used = 1;\n`;
const entry = `import { used } from './used.ts';\n\nconsole.log(used);\n`;

const guards: Guard[] = [
  {
    name: 'the linter refuses a floating promise',
    command: [packageBin('oxlint', 'oxlint'), '--type-aware'],
    copied: ['.oxlintrc.json'],
    clean: {
      'package.json': manifest,
      'tsconfig.json': tsconfig,
      'src/work.ts': 'export const work = async () => {\n  await work();\n};\n',
    },
    planted: { 'src/work.ts': 'export const work = async () => {\n  work();\n};\n' },
    expected: 'no-floating-promises',
  },
  {
    name: 'the linter refuses a focused test',
    command: [packageBin('oxlint', 'oxlint'), '--type-aware'],
    copied: ['.oxlintrc.json'],
    clean: { 'package.json': manifest, 'tsconfig.json': tsconfig, 'src/work.test.ts': focusable('test') },
    planted: { 'src/work.test.ts': focusable('test.only') },
    expected: 'no-focused-tests',
  },
  {
    name: 'the compiler refuses an enum',
    command: [packageBin('typescript', 'tsc')],
    copied: [],
    clean: {
      'package.json': manifest,
      'tsconfig.json': tsconfig,
      'src/state.ts': `export type State = 'pending' | 'dead';\n`,
    },
    planted: { 'src/state.ts': 'export enum State {\n  Pending,\n}\n' },
    expected: 'erasableSyntaxOnly',
  },
  {
    name: 'the compiler refuses an unchecked index',
    command: [packageBin('typescript', 'tsc')],
    copied: [],
    clean: {
      'package.json': manifest,
      'tsconfig.json': tsconfig,
      'src/first.ts': 'export const first = (all: string[]): string => all[0] ?? "";\n',
    },
    planted: { 'src/first.ts': 'export const first = (all: string[]): string => all[0];\n' },
    expected: 'TS2322',
  },
  {
    name: 'knip finds a dead export',
    command: [packageBin('knip', 'knip'), '--include', 'files,exports,types'],
    copied: ['package.json', 'knip.json', 'tsconfig.json'],
    clean: { 'src/cli/posthorn.ts': entry, 'src/cli/used.ts': used },
    planted: { 'src/cli/used.ts': `${used}export const dead = 2;\n` },
    expected: 'dead',
  },
  {
    name: 'knip finds a file that nothing imports',
    command: [packageBin('knip', 'knip'), '--include', 'files,exports,types'],
    copied: ['package.json', 'knip.json', 'tsconfig.json'],
    clean: { 'src/cli/posthorn.ts': entry, 'src/cli/used.ts': used },
    planted: { 'src/delivery/forgotten.ts': used },
    expected: 'src/delivery/forgotten.ts',
  },
  {
    name: 'the formatter refuses a misformatted file',
    command: [packageBin('@biomejs/biome', 'biome'), 'format'],
    copied: ['biome.json', '.gitignore'],
    clean: { 'src/used.ts': used },
    planted: { 'src/used.ts': 'export const used="1"\n' },
    expected: 'src/used.ts',
  },
];

function focusable(call: string): string {
  return `import { expect, test } from 'vitest';\n\n${call}('adds', () => {\n  expect(1 + 1).toBe(2);\n});\n`;
}

describe.each(guards)('$name', ({ command, copied, clean, planted, expected }) => {
  test('and passes the clean tree', async () => {
    using tree = plant(clean, copied);
    const { code, output } = await runNode(command, { cwd: tree.root });
    expect({ code, output }).toEqual({ code: 0, output });
  });

  test('when it is planted', async () => {
    using tree = plant({ ...clean, ...planted }, copied);
    const { code, output } = await runNode(command, { cwd: tree.root });
    expect(output).toContain(expected);
    expect(code).not.toBe(0);
  });
});
