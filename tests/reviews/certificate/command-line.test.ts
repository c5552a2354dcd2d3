import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/audit/certificate-signature.rules.ts';
import { runAttest } from '../../../src/cli/review/attest-check.ts';
import { runSign } from '../../../src/cli/review/sign-review.ts';
import { screen, typed } from '../../support/screen.ts';
import { openCertificateStand } from './certificate-stand.ts';

type Stand = Awaited<ReturnType<typeof openCertificateStand>>;
type Person = Awaited<ReturnType<Stand['addMember']>>;
let stand: Stand;
let url = '';
let team = '';
let review = '';
let ada: Person;
let bo: Person;
let folder = '';
beforeAll(async () => {
  stand = await openCertificateStand();
  url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  stand.time.nowMs = Date.now();
  stand.findings.clear();
  team = await stand.createTeam();
  [ada, bo] = [
    await stand.addMember(team, 'developer', 'Ada \u001b[31mExample'),
    await stand.addMember(team, 'developer'),
  ];
  await stand.nameSigners(team, 'engineering', [ada]);
  review = await stand.createReview(team);
  folder = await mkdtemp(join(tmpdir(), 'posthorn-certificate-'));
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a verb as the command line does, with somebody's key. */
async function verb(key: string, ...args: string[]): Promise<{ out: string; err: string }> {
  const { out, err } = await typed(['review', ...args, '--url', url, '--key', key, '--team', team], 160);
  return { out: out.join('\n'), err: err.join('\n') };
}

const flags = () => ({ url, team, key: ada.key });
const answers = (answer: string | null) => ({ isTerminal: true, ask: () => Promise.resolve(answer) });
const state = async (check: string) => (await stand.stateOf(team, review, check)).state;

describe('posthorn review', () => {
  test('attests with a text, a link and a file, and has another member confirm it', async () => {
    const file = join(folder, 'plan.md');
    await writeFile(file, '# The plan\n');
    const link = `https://example.com/plan#sha256=${'a'.repeat(64)}`;
    const said = ['--text', 'Asked all of them today.', '--link', link, '--file', file, '--yes'];
    const { out, err } = await verb(ada.key, 'attest', 'people.agreed', ...said);
    expect(err).toContain('people.agreed');
    expect(await state('people.agreed')).toBe('unknown');
    const id = /ats_\w+/.exec(out)?.[0] ?? '';
    const confirmed = await verb(bo.key, 'confirm', id, '--yes');
    expect(confirmed.err).toContain('Asked all of them today.');
    expect(confirmed.err).toContain('plan.md');
    expect(await state('people.agreed')).toBe('attested');
    await expect(verb(ada.key, 'attest', 'people.told', '--yes')).rejects.toThrow('has to rest on something');
    await expect(verb(ada.key, 'attest', 'people.told', '--file', 'plan.exe', '--yes')).rejects.toThrow('no kind');
  });

  test('waives by the leave of somebody else', async () => {
    const ask = ['--reason', 'The painter comes in September.', '--control', 'Somebody looks each morning.'];
    const { out } = await verb(ada.key, 'waive', 'gate.painted', ...ask, '--until', '30d', '--yes');
    const id = /wvr_\w+/.exec(out)?.[0] ?? '';
    await expect(verb(ada.key, 'approve', id, '--yes')).rejects.toThrow('neither asked for it nor owns it');
    const approved = await verb(bo.key, 'approve', id, '--review', 'Go live', '--yes');
    expect(approved.err).toContain('The painter comes in September.');
    expect(await state('gate.painted')).toBe('waived');
    await expect(verb(ada.key, 'waive', 'gate.oiled', ...ask, '--until', 'soon', '--yes')).rejects.toThrow('30d');
  });

  test('shows what is signed, and asks again', async () => {
    const { evidenceHash } = await stand.view(team, review);
    const { err, terminal } = screen(160);
    await expect(runSign('engineering', review, flags(), terminal, answers('y'))).rejects.toThrow('nothing was done');
    expect(err.join('\n')).toContain(evidenceHash);
    expect(err.join('\n')).toMatch(/verdict +not passed/);
    expect(err.join('\n')).toMatch(/open +.*2 checks failed: gate.painted and gate.oiled/);
    await expect(runSign('engineering', review, flags(), terminal, answers(null))).rejects.toThrow('nothing was done');
    await expect(verb(ada.key, 'sign', 'engineering')).rejects.toThrow('nobody is here to be asked');
    expect((await stand.view(team, review)).missingDuties).toContain('engineering');
    await runSign('engineering', undefined, flags(), terminal, answers(' Yes'));
    expect((await stand.view(team, review)).missingDuties).toEqual(['security']);
    await expect(verb(bo.key, 'sign', 'security', '--yes')).rejects.toThrow('not named to sign for security');
    await expect(verb(stand.operatorKey, 'sign', 'security', '--yes')).rejects.toMatchObject({
      remedy: 'give the API key of a member who may, with --key or POSTHORN_KEY',
    });
  });

  test('does not attest what was not agreed to', async () => {
    const { terminal } = screen(160);
    const said = { ...flags(), text: ['Asked all of them today.'] };
    await expect(runAttest('people.told', said, terminal, answers('no'))).rejects.toThrow('nothing was done');
    expect(await state('people.told')).toBe('unknown');
    await runAttest('people.told', said, terminal, answers('yes'));
    expect(await state('people.told')).toBe('attested');
  });
});

describe('a certificate that was exported', () => {
  const cli = join(import.meta.dirname, '../../../src/cli/posthorn.ts');
  /** Another process, in another folder, with nothing of this gateway's but the files. */
  async function verify(...args: string[]): Promise<{ code: number; text: string }> {
    const away = join(folder, 'away');
    await mkdir(away, { recursive: true });
    const env = { PATH: process.env['PATH'] ?? '', HOME: away, NO_COLOR: '1' };
    const run = promisify(execFile)(process.execPath, [cli, 'review', 'verify', ...args], { cwd: away, env });
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, text: stdout + stderr };
      },
    );
  }

  test('verifies elsewhere with its page and its PDF, and not after one byte was changed', async () => {
    const out = join(folder, 'out');
    const exported = await verb(ada.key, 'export', '--out', out, '--html', '--pdf');
    expect(exported.out.split('\n')).toHaveLength(3);
    const { publicKey } = await stand.signer();
    const pem = join(folder, 'key.pem');
    await writeFile(pem, publicKey.export({ type: 'spki', format: 'pem' }));
    for (const key of [pem, fingerprintOf(publicKey)]) {
      const whole = await verify(out, '--key', key);
      expect(whole).toMatchObject({ code: 0 });
      expect(whole.text).toContain('The certificate is whole.');
      expect(whole.text).not.toContain('in the certificate itself');
    }
    expect((await verify(join(out, 'certificate.json'))).text).toContain('Give the key, or its fingerprint');
    expect((await verify(out, '--key', 'a'.repeat(64))).text).toContain('publicKey is another key');
    for (const name of ['certificate.html', 'certificate.pdf', 'certificate.json']) {
      const bytes = await readFile(join(out, name));
      const changed = Buffer.from(bytes);
      const at = Math.floor(bytes.length / 2);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(join(out, name), changed);
      const { code, text } = await verify(out, '--key', pem);
      expect(code, name).toBe(1);
      expect(text).toContain('not as it was issued');
      await writeFile(join(out, name), bytes);
    }
    await writeFile(join(out, 'notes.txt'), 'x');
    const noted = await verify(out, '--key', pem, '--json');
    expect(JSON.parse(noted.text)).toMatchObject({ ok: true, notVerified: ['notes.txt'], faults: [] });
  }, 120_000);

  test('takes the place of an earlier one in the same folder, with its page and its PDF', async () => {
    const out = join(folder, 'again');
    await verb(ada.key, 'export', '--out', out, '--html', '--pdf');
    stand.time.nowMs += 60_000;
    await verb(ada.key, 'export', '--out', out, '--html');
    const { code, text } = await verify(out, '--json');
    expect([code, JSON.parse(text)]).toMatchObject([0, { ok: true, notVerified: [], faults: [] }]);
  }, 60_000);

  test('is looked for where it is named', async () => {
    expect(await verify(join(folder, 'nowhere'))).toMatchObject({ code: 2 });
    await writeFile(join(folder, 'other.json'), '{}');
    expect(await verify(join(folder, 'other.json'))).toMatchObject({ code: 1 });
    expect((await verify(join(folder, 'other.json'), '--key', 'nonsense')).text).toContain('no fingerprint');
    await chmod(folder, 0o700);
  }, 60_000);
});
