import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  folderForTest,
  listen,
  type ListeningStand,
  openListeningStand,
  type Run,
} from '../../../tests/listening/listening-stand.ts';
import { until } from '../../../tests/support/until.ts';
import type { ListenOptions } from '../listen.ts';

let stand: ListeningStand;
let team: string;
let settingsFolder: string;

beforeAll(async () => {
  stand = await openListeningStand();
});
beforeEach(async () => {
  team = await stand.api.createTeam();
  settingsFolder = await folderForTest();
});
afterAll(async () => {
  await stand.close();
});

const run = (options: Partial<ListenOptions> = {}): Run =>
  listen(
    { url: stand.url, key: stand.api.operatorKey, team, forward: 'http://127.0.0.1:1/', ...options },
    { settingsFolder },
  );

/** Runs it and waits until it is connected. */
async function connected(options: Partial<ListenOptions> = {}): Promise<Run> {
  const running = run(options);
  await Promise.race([running.ended, until('it to listen', () => running.out.length > 0)]);
  return running;
}
const secretOf = ({ out }: Run): string => /^signed with (whsec_\S+)$/m.exec(out.join('\n'))?.[1] ?? '';

describe('the secret', () => {
  test('stays the same between runs, is another one for each team, source and endpoint, and is kept from others', async () => {
    const source = await stand.source(team, 'Contracts');
    const other = await stand.api.createTeam();
    const subjects = [{}, { source }, { team: other }];
    const secrets: string[] = [];
    for (const subject of [...subjects, ...subjects]) {
      const running = await connected(subject);
      secrets.push(secretOf(running));
      await running.stop();
    }
    expect(secrets.slice(3)).toEqual(secrets.slice(0, 3));
    expect(new Set(secrets).size).toBe(3);
    const folder = join(settingsFolder, 'listen');
    const files = await readdir(folder);
    expect(files).toHaveLength(3);
    for (const file of files) {
      const path = join(folder, file);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(secrets).toContain((await readFile(path, 'utf8')).trim());
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test('is made once when two runs begin together, and taken from others who could read it', async () => {
    const runs = await Promise.all([1, 2].map(() => connected()));
    expect(new Set(runs.map(secretOf)).size).toBe(1);
    const [file = ''] = await readdir(join(settingsFolder, 'listen'));
    const path = join(settingsFolder, 'listen', file);
    await chmod(path, 0o644);
    await connected();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(path, 'nonsense');
    await expect(run().ended).rejects.toThrow('delete the file to get a new secret');
  });

  test('may be given, and then nothing is kept', async () => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const running = await connected({ secret });
    expect(secretOf(running)).toBe(secret);
    expect(await readdir(settingsFolder)).toEqual([]);
  });

  test('that can be kept nowhere is said, with what to do', async () => {
    await writeFile(join(settingsFolder, 'listen'), 'a file');
    await expect(run().ended).rejects.toThrow('give a secret with --secret');
  });
});
