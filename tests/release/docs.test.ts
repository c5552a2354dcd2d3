import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { partSchemas } from '../../src/release/manifest-schema.ts';
import { readPublicKey } from '../../src/audit/checkpoint.rules.ts';
import { pageAt, tableRows } from '../docs/pages.ts';
import { install } from './installation.ts';

const page = pageAt('docs/release-manifest.md');

/** Runs `posthorn release` as the command line does. */
async function release(...args: string[]): Promise<{ lines: string[]; exitCode: unknown }> {
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const before = process.exitCode;
  process.exitCode = 0;
  const program = buildProgram({ out, err: out, paint: createPaint(false), width: 100 });
  await program.parseAsync(['release', ...args], { from: 'user' });
  const { exitCode } = process;
  process.exitCode = before;
  return { lines, exitCode };
}

test('the page has every part of the manifest, in its order', () => {
  expect(tableRows(page, 'part').map(([name]) => name)).toEqual(Object.keys(partSchemas));
});

test('the commands of the page make a key that signs, and a public key that is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const commands = page.blocks
    .filter(({ text }) => text.startsWith('openssl'))
    .flatMap(({ text }) => text.trim().split('\n'));
  expect(commands).toHaveLength(2);
  for (const command of commands) execFileSync('bash', ['-c', command], { cwd: folder, stdio: 'pipe' });
  const privateKey = createPrivateKey(readFileSync(join(folder, 'pipeline.pem')));
  const publicKey = readPublicKey(readFileSync(join(folder, 'pipeline.pub'), 'utf8'));
  expect(publicKey?.equals(createPublicKey(privateKey))).toBe(true);
});

test('a manifest of another installation is shown, and is no proof of this one', async () => {
  using other = install();
  writeFileSync(other.manifestPath, await other.sign());
  const shown = await release('show', '--manifest', other.manifestPath);
  expect(shown.lines[0]).toBe(
    'Posthorn 1.2.3, commit 0123456789abcdef0123456789abcdef01234567, 2026-11-21T10:00:00.000Z, signed by a pipeline',
  );
  expect(shown.lines.filter((line) => line.includes('not measured: this is a test'))).toHaveLength(
    Object.keys(partSchemas).length,
  );
  const key = other.keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const verified = await release('verify', '--manifest', other.manifestPath, '--public-key', key, '--json');
  expect(verified.exitCode).toBe(1);
  expect(JSON.parse(verified.lines.join('\n'))).toMatchObject({ ok: false, fault: { kind: 'wrong' } });
});

test('one that was changed is not shown, and a key that is none is refused', async () => {
  using other = install();
  const text = await other.sign();
  writeFileSync(other.manifestPath, text.replace('1.2.3', '1.2.4'));
  await expect(release('show', '--manifest', other.manifestPath)).rejects.toThrow('was changed');
  await expect(release('verify', '--public-key', 'nothing')).rejects.toThrow('no Ed25519 key');
  await expect(release('show', '--manifest', join(other.folder, 'none.json'))).rejects.toThrow('cannot be read');
});
