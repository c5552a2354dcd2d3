import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { typed } from '../support/screen.ts';
import { type MembersStand, openMembersStand } from './members-stand.ts';

let stand: MembersStand;
let team: string;
let url: string;
beforeAll(async () => {
  stand = await openMembersStand();
  url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  team = await stand.createTeam();
});
afterAll(() => stand[Symbol.asyncDispose]());

/** Runs the verb as the command line does. */
const members = (...args: string[]) =>
  typed(['members', ...args, '--url', url, '--key', stand.operatorKey, '--team', team], 200);

describe('posthorn members', () => {
  test('adds, lists, changes and removes, by id or by e-mail', async () => {
    expect((await members('list')).err.join()).toContain('posthorn members add');
    const added = await members('add', 'ada@example.com', '--name', 'Ada', '--role', 'owner');
    const id = /mem_\w+/.exec(added.out.join())?.[0] ?? '';
    await members('add', 'bo@example.com', '--name', 'Bo \u001b[31mred', '--role', 'viewer');
    const { out } = await members('list');
    expect(out).toHaveLength(3);
    expect(out[2]).toMatch(new RegExp(`^${id} +owner +active +ada@example.com +Ada$`));
    expect(out.join()).not.toContain('\u001b');
    expect((await members('change', 'BO@example.com', '--role', 'owner')).out.join('\n')).toMatch(/role +owner/);
    expect((await members('remove', id)).out).toEqual([`removed  ${id}, whose API keys are revoked`]);
    expect((await members('list')).out.join()).not.toContain(id);
    expect((await members('list', '--all')).out.join()).toMatch(new RegExp(`${id} +owner +removed`));
    const json = JSON.parse((await members('list', '--json')).out.join()) as { email: string }[];
    expect(json.map(({ email }) => email)).toEqual(['bo@example.com']);
    await expect(members('remove', 'bo@example.com')).rejects.toThrow(/last owner/);
  });

  test('says what is missing', async () => {
    await expect(members('change', 'ada@example.com')).rejects.toThrow('nothing to change is given');
    await expect(members('remove', 'ada@example.com')).rejects.toThrow('no member has this e-mail');
    await expect(members('add', 'ada@example.com', '--name', 'Ada')).rejects.toThrow(/--role/);
    await expect(members('add', 'ada@example.com', '--name', 'Ada', '--role', 'king')).rejects.toThrow(/king/);
    await expect(members('signers', 'security')).rejects.toThrow('it is not clear who signs');
  });

  test('names and shows who signs', async () => {
    await members('add', 'ada@example.com', '--name', 'Ada', '--role', 'auditor');
    await members('add', 'bo@example.com', '--name', 'Bo', '--role', 'developer');
    const { out } = await members('signers', 'security', 'ada@example.com', 'bo@example.com');
    expect(out.map((line) => line.trim())).toEqual([
      expect.stringMatching(/^DUTY +SIGNED BY$/),
      expect.stringMatching(/^engineering +nobody$/),
      expect.stringMatching(/^security +Ada, Bo$/),
      expect.stringMatching(/^operations +nobody$/),
      expect.stringMatching(/^product +nobody$/),
      expect.stringMatching(/^quality +nobody$/),
    ]);
    expect((await members('signers', 'security', '--none')).out[2]).toMatch(/^security +nobody/);
  });
});
