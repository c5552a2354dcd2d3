import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { timedSchemes } from '../../scripts/manifest/constant-time.ts';
import { findComparisons, lintFindsPlanted, scanCode } from '../../scripts/manifest/scan-code.ts';
import { scanSecrets } from '../../scripts/manifest/scan-secrets.ts';
import { compareTimes } from '../../scripts/manifest/welch.ts';
import { providerNames } from '../../src/providers/registry.ts';
import { plant, projectRoot, runCommand } from '../tooling/plant.ts';

describe('the scan of the code', () => {
  test('finds nothing in this product, and what is planted for it', () => {
    expect(scanCode(projectRoot)).toMatchObject({ high: [], foundPlanted: true });
  });

  test('says what it found, and where', () => {
    using planted = plant({
      'src/a.ts': 'const x = 1;\neval(String(x));\n',
      'src/b.ts': 'import { exec } from "node:child_process";\nexport const run = (text: string) => exec(text);\n',
      'src/c.test.ts': 'eval("1");\n',
    });
    expect(scanCode(planted.root).high).toEqual(['src/a.ts:2 eval', 'src/b.ts:2 a command for a shell']);
  });
});

describe('the lint of comparisons', () => {
  test('finds none in this product, and the one that is planted for it', () => {
    expect(findComparisons(projectRoot)).toEqual([]);
    expect(lintFindsPlanted()).toBe(true);
  });

  test('finds the comparison of Documenso if its early exit is put back', () => {
    const path = 'src/providers/documenso/profile.rules.ts';
    const text = readFileSync(join(projectRoot, path), 'utf8');
    const broken = text.replace('sameSecret(given, value)', 'given === credential.value');
    expect(broken).not.toBe(text);
    using planted = plant({ [path]: broken });
    expect(findComparisons(planted.root)).toEqual([expect.stringContaining(path)]);
  });
});

describe('the scan for secrets', () => {
  test('finds a key in a commit that was undone, and shows none of it', async () => {
    const key = `AK${'IA'}${'Z3'.repeat(8)}`;
    using planted = plant({ 'config.txt': `key = ${key}\n` });
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
    const git = (...args: string[]) =>
      runCommand('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: planted.root, env });
    await git('init', '--quiet');
    await git('add', 'config.txt');
    await git('commit', '--quiet', '-m', 'one');
    await git('rm', '--quiet', 'config.txt');
    await git('commit', '--quiet', '-m', 'two');
    const { high, foundPlanted, overHistory } = await scanSecrets(planted.root);
    expect({ foundPlanted, overHistory }).toEqual({ foundPlanted: true, overHistory: true });
    expect(high).toEqual([expect.stringMatching(/^config\.txt: an access key of AWS \([0-9a-f]{12}\)$/)]);
    expect(high.join()).not.toContain(key);
  });
});

describe('the timing of signatures', () => {
  test('has a request of every provider that verifies, and not when either end of what is compared is changed', async () => {
    const schemes = await timedSchemes();
    expect(schemes.map(({ scheme }) => scheme)).toEqual(providerNames);
    for (const { verify, genuine, spoiled } of schemes) {
      expect([genuine, spoiled('first'), spoiled('last')].map(verify)).toEqual([true, false, false]);
    }
  });

  test('tells an early exit from a comparison that reads everything', () => {
    const secret = 'x'.repeat(2_000);
    const spoil = (which: 0 | 1): string => (which === 0 ? `y${secret.slice(1)}` : `${secret.slice(1)}y`);
    const early = (given: string): boolean => {
      for (let index = 0; index < secret.length; index += 1) if (given[index] !== secret[index]) return false;
      return true;
    };
    expect(Math.abs(compareTimes(spoil, early, 500, Math.random))).toBeGreaterThan(4.5);
  });
});
