import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateMasterKeyFile, parseMasterKey } from './master-key.ts';

const run = promisify(execFile);
const byteRange = Array.from({ length: 32 }, (_, index) => index);

describe('a master key', () => {
  it('is taken in base64 and base64url, padded or not, with white space around it', () => {
    for (let round = 0; round < 200; round++) {
      const key = randomBytes(32);
      const padded = key.toString('base64');
      const forms = [
        padded,
        padded.slice(0, -1),
        key.toString('base64url'),
        `${key.toString('base64url')}=`,
        ` ${padded}\n`,
      ];
      for (const form of forms) expect(parseMasterKey(form)).toEqual({ ok: true, key });
    }
  });

  it.each<[string, string, RegExp]>([
    ['nothing', ' \n', /empty.*openssl rand -base64 32/],
    ['hex', randomBytes(32).toString('hex'), /looks like hex/],
    ['31 bytes', randomBytes(31).toString('base64'), /must be 32 bytes.*has 31/],
    ['33 bytes', randomBytes(33).toString('base64'), /must be 32 bytes.*has 33/],
    ['other characters', 'change me, please', /not base64/],
    ['bits left over at the end', `${'A'.repeat(42)}B=`, /not base64/],
    ['too much padding', `${randomBytes(32).toString('base64')}==`, /not base64/],
    ['all zero', Buffer.alloc(32).toString('base64'), /all zero/],
    ['one byte over and over', Buffer.alloc(32, 0xab).toString('base64'), /repeats/],
    ['a short pattern', Buffer.from('deadbeef'.repeat(8), 'hex').toString('base64'), /repeats/],
    ['a long pattern', Buffer.from('00f1a2c3d4e596878899aabbccddee0f'.repeat(2), 'hex').toString('base64'), /repeats/],
    ['counting up', Buffer.from(byteRange).toString('base64'), /counts/],
    ['counting down', Buffer.from(byteRange.map((byte) => 255 - 3 * byte)).toString('base64'), /counts/],
    ['a sentence', Buffer.from('correct horse battery staple 123').toString('base64'), /readable text/],
  ])('of %s is refused', (_about, text, problem) => {
    const parsed = parseMasterKey(text);
    expect(parsed).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('is read or refused, never thrown at, and never repeated in the problem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 6, maxLength: 80 }), (text) => {
        const parsed = parseMasterKey(text);
        expect(JSON.stringify(parsed).includes(text)).toBe(false);
      }),
    );
  });
});

describe('a master key file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'master-key-'));
    path = join(folder, 'master.key');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('is made on the first start for its owner alone, and read from then on', async () => {
    const first = await loadOrCreateMasterKeyFile(path);
    expect(first).toMatchObject({ ok: true, created: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadOrCreateMasterKeyFile(path)).toEqual({ ...first, created: false });
    expect(parseMasterKey(await readFile(path, 'utf8'))).toEqual({ ok: true, key: first.ok && first.key });
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  it('is made once when many ask at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => loadOrCreateMasterKeyFile(path)));
    const keys = all.map((one) => (one.ok ? one.key.toString('hex') : one.problem));
    expect(new Set(keys).size).toBe(1);
    expect(all.filter((one) => one.ok && one.created)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['master.key']);
  });

  it('is made once when several processes start at the same time', async () => {
    const module = new URL('./master-key.ts', import.meta.url).href;
    const script = `
      const { loadOrCreateMasterKeyFile } = await import(${JSON.stringify(module)});
      const found = await loadOrCreateMasterKeyFile(process.argv[1]);
      console.log(found.key.toString('hex'), found.created);`;
    const runs = Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', script, path]));
    const lines = (await Promise.all(runs)).map(({ stdout }) => stdout.trim().split(' '));
    expect(new Set(lines.map(([key]) => key)).size).toBe(1);
    expect(lines.filter(([, created]) => created === 'true')).toHaveLength(1);
  });

  it.each([0o640, 0o604, 0o660, 0o644, 0o601, 0o620])('with mode %o is refused, with the remedy', async (mode) => {
    await loadOrCreateMasterKeyFile(path);
    await chmod(path, mode);
    expect(await loadOrCreateMasterKeyFile(path)).toEqual({
      ok: false,
      problem: `Others can read the master key file ${path} (mode 0${mode.toString(8)}). Run: chmod 600 '${path}'`,
    });
  });

  it.each([0o600, 0o400])('with mode %o is read', async (mode) => {
    await loadOrCreateMasterKeyFile(path);
    await chmod(path, mode);
    expect(await loadOrCreateMasterKeyFile(path)).toMatchObject({ ok: true, created: false });
  });

  it('may be a link to a safe file, as mounted secrets are', async () => {
    const first = await loadOrCreateMasterKeyFile(path);
    const alias = join(folder, 'alias');
    await symlink(path, alias);
    expect(await loadOrCreateMasterKeyFile(alias)).toEqual({ ...first, created: false });
  });

  it.each<[string, string, RegExp]>([
    ['is empty', '', /empty/],
    ['holds no key', 'hello', /master\.key: The master key/],
    ['is far too large', 'A'.repeat(5000), /too large/],
  ])('that %s is refused and left as it is', async (_about, content, problem) => {
    await writeFile(path, content, { mode: 0o600 });
    expect(await loadOrCreateMasterKeyFile(path)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('is refused when it is a folder, when its folder is missing, and when it leads nowhere', async () => {
    await chmod(folder, 0o700);
    expect(await loadOrCreateMasterKeyFile(folder)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/regular/),
    });
    const lost = join(folder, 'absent', 'master.key');
    expect(await loadOrCreateMasterKeyFile(lost)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/ENOENT/),
    });
    await symlink(join(folder, 'nothing'), path);
    expect(await loadOrCreateMasterKeyFile(path)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/nowhere/),
    });
    expect(await readdir(folder)).toEqual(['master.key']);
  });
});
