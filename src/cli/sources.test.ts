import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { screen, typed } from '../../tests/support/screen.ts';
import { createSourcesStand } from '../../tests/support/sources-stand.ts';
import { type NewSourceFlags, runCreate } from './sources/create-source.ts';
import { visibleWidth } from './terminal/layout.rules.ts';

const stand = createSourcesStand();
const { config, values } = stand;
let api: TestApi;
let team: string;
let url: string;

beforeAll(async () => {
  api = await stand.open();
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  ({ team } = await stand.newTeam());
});
afterAll(() => stand.close());

/** Runs the verb as the command line does. */
const sources = (args: string[], width?: number) =>
  typed(['sources', ...args, '--url', url, '--key', api.operatorKey, '--team', team], width);
async function createdId(...args: string[]): Promise<string> {
  const { text } = await sources(['create', 'documenso', '--secret', 'a plain secret', '--json', ...args]);
  return (JSON.parse(text) as { id: string }).id;
}
async function secretFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-secret-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'secret');
  await writeFile(path, content);
  return path;
}

describe('posthorn sources create', () => {
  test('says where the provider has to post, and what to do there', async () => {
    const { out, text } = await sources(['create', 'documenso', '--secret', 'a plain secret', '--name', 'Contracts']);
    const id = /src_\w+/.exec(text)?.[0] ?? '';
    expect(out.slice(0, 2)).toEqual([`created  ${id}`, `url      https://posthorn.test/in/${id}`]);
    expect(out[2]).toMatch(/^next {5}In the team's settings in Documenso/);
    expect(text).not.toContain('a plain secret');
    expect(await values(id)).toEqual(['a plain secret']);
    expect((await config(id)).name).toBe('Contracts');
  });

  test('sets every setting that it has a flag for', async () => {
    const flags = '--allow 203.0.113.0/24 --allow 2001:db8::1 --rate 2.5 --body-max 5000 --dedupe 3600 --paused';
    const id = await createdId(...flags.split(' '));
    expect(await config(id)).toMatchObject({
      name: 'documenso',
      allowAddresses: ['203.0.113.0/24', '2001:db8::1'],
      ratePerSecond: 2.5,
      bodyMaxBytes: 5_000,
      dedupeWindowSeconds: 3_600,
      status: 'paused',
    });
  });

  test('reads secrets from flags, files and standard input, without the line break at their end', async () => {
    const { out, terminal } = screen();
    const flags: NewSourceFlags = {
      url,
      key: api.operatorKey,
      team,
      json: true,
      secret: ['from the flag', '-'],
      secretFile: [await secretFile('from the file\r\n')],
    };
    await runCreate('documenso', flags, terminal, Readable.from(['from ', 'a pipe\n']));
    const { id } = JSON.parse(out.join('')) as { id: string };
    expect(await values(id)).toEqual(['from the flag', 'from a pipe', 'from the file']);
    await expect(runCreate('documenso', { ...flags, secretFile: ['-'] }, terminal)).rejects.toMatchObject({
      what: 'standard input is named twice',
      exitCode: 2,
    });
    const absent = runCreate('documenso', { ...flags, secret: [], secretFile: ['/absent'] }, terminal);
    await expect(absent).rejects.toMatchObject({ what: '/absent cannot be read (ENOENT)' });
    const empty = runCreate('documenso', { ...flags, secret: [], secretFile: [await secretFile('\n')] }, terminal);
    await expect(empty).rejects.toMatchObject({ what: 'a secret is empty', exitCode: 2 });
  });

  test('without a secret it shows the one that Posthorn made up, or says that the provider knows it', async () => {
    const { text, err } = await sources(['create', 'documenso']);
    const id = /src_\w+/.exec(text)?.[0] ?? '';
    const shown = /^secret {3}([\w-]{43})$/m.exec(text)?.[1];
    expect(await values(id)).toEqual([shown]);
    expect(err).toEqual(['The secret is shown this once. The source has it already: enter it at the provider.']);
    await expect(sources(['create', 'pandadoc'])).rejects.toMatchObject({
      what: expect.stringContaining('/credentials/0/value is missing: PandaDoc knows it'),
      remedy: 'give it with --secret-file <path>, or --secret -',
    });
    await expect(sources(['create', 'docusign', '--secret', 'a-connect-key='])).rejects.toMatchObject({
      what: expect.stringContaining('it must be one of hmac, basic'),
      remedy: 'name one of them with --kind',
    });
  });

  test('gives options the type that the provider says', async () => {
    const flags = [
      '--kind',
      'webhook-id',
      '--secret',
      'a-webhook-id-of-signwell-0001',
      '--option',
      'maxAgeSeconds=600',
    ];
    const { text } = await sources(['create', 'signwell', ...flags, '--accept-uncovered', '--json']);
    expect(JSON.parse(text)).toMatchObject({ options: { maxAgeSeconds: 600 }, coverage: 'fields' });
    const odd = sources(['create', 'signwell', ...flags.with(-1, 'maxAgeSeconds=much'), '--accept-uncovered']);
    await expect(odd).rejects.toMatchObject({
      what: expect.stringContaining('/options/maxAgeSeconds must be a whole'),
    });
    await expect(sources(['create', 'signwell', '--option', 'maxAge'])).rejects.toMatchObject({
      what: '--option maxAge has no value',
      remedy: 'write --option name=value',
    });
  });

  test('names the flag that takes what does not prove its body, and where providers are listed', async () => {
    await expect(sources(['create', 'signwell', '--secret', 'a-webhook-id-of-signwell-0001'])).rejects.toMatchObject({
      what: expect.stringContaining('SignWell signs a few fields'),
      remedy: 'take it nevertheless with --accept-uncovered',
    });
    await expect(sources(['create', 'docusing', '--secret', 'x'])).rejects.toMatchObject({
      remedy: 'see: posthorn sources providers',
    });
    const wrong = sources(['create', 'documenso', '--secret', ' spaced-secret ']);
    await expect(wrong).rejects.toMatchObject({ remedy: 'copy the secret from the provider again' });
    await expect(wrong).rejects.not.toThrow('spaced-secret');
  });
});

describe('posthorn sources update', () => {
  test('rotates a secret: add, expire, remove; the others stay', async () => {
    const id = await createdId();
    await sources(['update', id, '--add', 'new', '--secret', 'another secret', '--expire', '1=12h']);
    const [old, fresh] = (await config(id)).credentials;
    expect([old?.value, fresh?.value]).toEqual(['a plain secret', 'another secret']);
    expect(old!.expiresAtMs! - Date.now()).toBeGreaterThan(12 * 3_600_000 - 60_000);
    await sources(['update', id, '--expire', '1=never']);
    expect((await config(id)).credentials[0]).toMatchObject({ expiresAtMs: null });
    await sources(['update', id, '--remove', '1']);
    expect(await values(id)).toEqual(['another secret']);
    await sources(['update', id, '--add', 'new', '--secret', 'replaced']);
    expect(await values(id)).toEqual(['replaced']);
    const { text } = await sources(['update', id, '--add', 'made up']);
    const shown = /^secret +([\w-]{43}) \(made up\)$/m.exec(text)?.[1];
    expect(await values(id)).toEqual(['replaced', shown]);
  });

  test('says what is wrong before it changes anything', async () => {
    const id = await createdId();
    const cases: [string[], string][] = [
      [[], 'nothing to change is given'],
      [['--secret', 'x'], 'the secret has no name'],
      [['--add', 'n', '--secret', 'x', '--secret', 'y'], 'several secrets are given'],
      [['--add', '1'], 'there is a credential 1 already'],
      [['--remove', '2'], 'there is no credential 2'],
      [['--expire', '1=soon'], '--expire 1=soon is no time'],
      [['--expire', '1'], '--expire 1 has no value'],
    ];
    for (const [args, what] of cases) {
      await expect(sources(['update', id, ...args]), what).rejects.toMatchObject({ what, exitCode: 2 });
    }
    const last = sources(['update', id, '--expire', '1=now']);
    await expect(last).rejects.toMatchObject({ what: expect.stringContaining('leaves no credential') });
    expect(await values(id)).toEqual(['a plain secret']);
  });

  test('takes limits away with none, and leaves alone what is not named', async () => {
    const id = await createdId('--allow', '10.0.0.0/8', '--rate', '5', '--body-max', '5000');
    await sources(['update', id, '--allow', 'none', '--rate', 'none', '--name', 'Renamed']);
    expect(await config(id)).toMatchObject({
      name: 'Renamed',
      allowAddresses: null,
      ratePerSecond: null,
      bodyMaxBytes: 5_000,
    });
  });

  test('pauses, resumes and deletes', async () => {
    const id = await createdId();
    expect((await sources(['pause', id])).out).toEqual([`paused  ${id}`]);
    expect((await config(id)).status).toBe('paused');
    expect((await sources(['resume', id])).out).toEqual([`resumed  ${id}`]);
    expect((await config(id)).status).toBe('active');
    expect((await sources(['delete', id])).out).toEqual([`deleted  ${id}`]);
    await expect(sources(['show', id])).rejects.toMatchObject({ code: 'not_found', remedy: 'check the id and --team' });
  });
});

describe('posthorn sources list, show and rejections', () => {
  async function rejecting(): Promise<string> {
    const id = await createdId('--name', 'Contracts \u202Edlo');
    await api.database.pool.query(
      `INSERT INTO source_activity SELECT team_id, id, 1042, 3, 7, '2026-03-01T10:00:00Z', NULL, '2026-03-01T10:01:00Z',
         'signature_mismatch', 'No credential is the secret.' FROM source ORDER BY id DESC LIMIT 1`,
    );
    await api.database.pool.query(
      `INSERT INTO source_rejection SELECT team_id, id, '2026-03-01T10:01:00Z', 'signature_mismatch', 7,
         '2026-03-01T10:01:30Z', 'No credential is the secret in x-documenso-secret.', '203.0.113.7', 2048
         FROM source ORDER BY id DESC LIMIT 1`,
    );
    return id;
  }

  test('list what there is in a table, or in blocks where the terminal is narrow', async () => {
    const id = await rejecting();
    expect((await sources(['list'], 120)).out).toEqual([
      'SOURCE                          PROVIDER   STATUS  RECEIVED  REJECTED              NAME',
      `${id}  documenso  active  1042      7 signature_mismatch  Contracts \\u{202e}dlo`,
    ]);
    expect((await sources(['list'], 100)).out).toEqual([
      'SOURCE                          PROVIDER   STATUS  RECEIVED  REJECTED  NAME',
      `${id}  documenso  active  1042      7         Contracts \\u{202e}dlo`,
    ]);
    const narrow = await sources(['list'], 40);
    expect(narrow.out).toEqual([
      id,
      '  PROVIDER  documenso',
      '  STATUS    active',
      '  RECEIVED  1042',
      '  REJECTED  7 signature_mismatch',
      String.raw`  NAME      Contracts \u{202e}dlo`,
    ]);
    expect(JSON.parse((await sources(['list', '--json'])).text)).toMatchObject([{ id }]);
  });

  test('show one with everything that one looks for', async () => {
    const id = await rejecting();
    const { text } = await sources(['show', id]);
    for (const line of [
      `url       https://posthorn.test/in/${id}`,
      'proves    who sent it (a shared secret), not that nothing was changed',
      'secrets   1 (secret)',
      'allowed   from anywhere',
      'bodies    up to 32 MiB',
      'window    duplicates are recognised for 30 d',
      'received  1042, last 2026-03-01T10:00:00.000Z',
      'rejected  7, last 2026-03-01T10:01:00.000Z: signature_mismatch',
      '          No credential is the secret.',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('a plain secret');
    const narrow = await sources(['show', id], 40);
    expect(Math.max(...narrow.out.filter((line) => !line.includes('https:')).map(visibleWidth))).toBeLessThanOrEqual(
      40,
    );
  });

  test('show rejections with why, from where and how large, and no line is wider than the terminal', async () => {
    const id = await rejecting();
    expect((await sources(['rejections', id])).out).toEqual([
      '2026-03-01T10:01Z  7×  signature_mismatch',
      '  203.0.113.7  2 kB  No credential is the secret in x-documenso-secret.',
    ]);
    const narrow = await sources(['rejections', id], 40);
    expect(narrow.out.slice(0, 2)).toEqual(['2026-03-01T10:01Z  7×', '  signature_mismatch']);
    expect(Math.max(...narrow.out.map(visibleWidth))).toBeLessThanOrEqual(40);
    expect(JSON.parse((await sources(['rejections', id, '--json'])).text)).toMatchObject([{ count: 7 }]);
    const quiet = await sources(['rejections', await createdId()]);
    expect(quiet).toMatchObject({ out: [], err: ['It rejected nothing that is still on record.'] });
  });

  test('say so when there is none', async () => {
    expect(await sources(['list'])).toMatchObject({ out: [], err: [expect.stringContaining('no source yet')] });
  });
});

describe('posthorn sources providers', () => {
  test('lists them in short, and shows how to set one up', async () => {
    const { out } = await sources(['providers']);
    expect(out[0]).toMatch(/^PROVIDER +PROVES +TITLE$/);
    expect(out.some((line) => /^documenso +sender +Documenso$/.test(line))).toBe(true);
    const one = await sources(['providers', 'signwell'], 60);
    expect(one.text).toMatch(/option +maxAgeSeconds: /);
    expect(one.text).toContain('document_completed');
    expect(Math.max(...one.out.map(visibleWidth))).toBeLessThanOrEqual(60);
    await expect(sources(['providers', 'signwel'])).rejects.toMatchObject({ what: 'there is no provider signwel' });
    await expect(sources(['providers', 'signwel'])).rejects.toMatchObject({ remedy: 'did you mean signwell?' });
    await expect(sources(['create', 'signwel'])).rejects.toMatchObject({
      what: expect.stringMatching(/There are: .*, stripe \(\/provider did you mean signwell\?\)$/),
    });
    await expect(sources(['providers', 'qqq'])).rejects.toMatchObject({
      remedy: expect.stringMatching(/^there are: adobe-sign, documenso, /),
    });
  });
});
