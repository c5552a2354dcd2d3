import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { planBy } from './plans.ts';
import { openPromotionStand, type PromotionStand } from './promotion-stand.ts';

let stand: PromotionStand;
let team: string;
let url: string;
let folder: string;
beforeAll(async () => {
  stand = await openPromotionStand();
  url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  folder = await mkdtemp(join(tmpdir(), 'posthorn-promote-'));
  await writeFile(join(folder, 'token'), 'api_of-production\n');
});
beforeEach(async () => {
  team = await stand.createTeam();
  await stand.settle();
});
afterAll(async () => {
  process.exitCode = 0;
  await rm(folder, { recursive: true });
  await stand[Symbol.asyncDispose]();
});

/** Runs a verb as the command line does, while a node works. */
async function posthorn(...args: string[]): Promise<string> {
  const out: string[] = [];
  const say = (line: string): void => void out.push(line);
  const terminal = { out: say, err: say, paint: createPaint(false), width: 200 };
  const key = args.includes('--key') ? [] : ['--key', stand.operatorKey];
  const given = [...args, '--url', url, ...key, '--team', team];
  const working = setInterval(() => void stand.work(), 50);
  try {
    await buildProgram(terminal).parseAsync(given, { from: 'user' });
  } finally {
    clearInterval(working);
    while (await stand.work());
  }
  return out.join('\n');
}
const promote = async (of: { review: string; connection: string }, ...more: string[]): Promise<string> => {
  const where = ['--base-url', 'https://documents.example.com/api', '--self-hosted'];
  const secret = ['--kind', 'bearer', '--credential', 'new', '--secret-file', join(folder, 'token')];
  return posthorn('promote', of.review, of.connection, ...where, ...secret, ...more);
};

test('posthorn promote shows each step and how it ended, and roll-back leads back', async () => {
  const of = await stand.newReview(team);
  const said = await promote(of);
  expect(said).toMatch(/✓ decided[\s\S]*✓ switched[\s\S]*✓ read[\s\S]*✓ live[\s\S]*is live$/);
  expect(said).not.toContain('api_of-production');
  expect(process.exitCode).toBe(0);
  const id = /prm_\w+/.exec(said)?.[0] ?? '';
  expect(await posthorn('promotions', 'list')).toMatch(new RegExp(`${id} +live`));
  expect(await posthorn('promotions', 'list')).toMatch(/ live +Contracts /);
  expect(await posthorn('promotions', 'show', id)).toContain(`Contracts (${of.connection})`);
  expect(await posthorn('promotions', 'show', id)).toContain('The review is promoted.');
  expect(await posthorn('promotions', 'roll-back', id, '--reason', 'Tried.')).toMatch(/state +rolled-back/);
  expect(await stand.connection(team, of.connection)).toMatchObject({ environment: 'sandbox' });
});

test('posthorn promotions resume takes a launch up again, and says under which words', async () => {
  const of = await stand.newReview(team);
  await promote(of);
  await stand.look();
  stand.reviews.state(of.review).checks['a.check'] = 'failed';
  stand.passTime(5 * 60_000);
  expect(await stand.look()).toMatchObject({ reopened: true });
  const said = await posthorn('promotions', 'resume', of.review, '--note', 'The certificate was renewed.');
  expect(said).toBe(`promoted  ${of.review}: Taken up again. The certificate was renewed.`);
  await expect(posthorn('promotions', 'resume', of.review, '--note', 'Again.')).rejects.toThrow(/is promoted/);
});

test('posthorn promote exits with 1 when it was rolled back, and with the problem when it is refused', async () => {
  const of = await stand.newReview(team);
  stand.answers(503);
  expect(await promote(of)).toMatch(/✗ read[\s\S]*is rolled-back$/);
  expect(process.exitCode).toBe(1);
  const open = await stand.newReview(team, { passed: false });
  await expect(promote({ ...open, review: of.review })).rejects.toThrow(/not about this connection/);
  expect(await posthorn('promotions', 'list', '--json')).toContain('"state":"rolled-back"');
});

test('posthorn promote names who decided, where the step on record has an id', async () => {
  const of = await stand.newReview(team, { passed: false });
  const { id, key } = await stand.addMember(team, 'owner');
  const said = await promote(of, '--override', 'Known.', '--key', key);
  expect(said).toMatch(/✓ decided +Decided by Member \d+/);
  expect(said).not.toContain(id);
});

test('posthorn promotions freeze-windows shows, adds, removes, and sets what a file says', async () => {
  const windows = (...more: string[]): Promise<string> => posthorn('promotions', 'freeze-windows', ...more);
  expect(await windows('show')).toContain('There is no freeze window');
  await windows('add', '--until', '2d', '--reason', 'End of the quarter');
  const shown = await windows('add', '--from', '2099-12-24', '--until', '2099-12-27', '--reason', 'Holidays');
  expect(shown).toMatch(
    / open +End of the quarter\n2099-12-24T00:00:00.000Z +\S+ +ahead +Holidays\nNothing is promoted/,
  );
  const file = join(folder, 'windows.json');
  await writeFile(file, await windows('show', '--json'));
  await expect(windows('remove', '2099-12-25')).rejects.toThrow('no freeze window begins at 2099-12-25');
  expect(await windows('remove', '2099-12-24')).not.toContain('Holidays');
  expect(await windows('set', '--file', file)).toContain('Holidays');
  await writeFile(file, 'windows: []');
  expect(await windows('set', '--file', file)).toContain('There is no freeze window');
  await expect(windows('add', '--until', 'soon', '--reason', 'x')).rejects.toThrow('--until soon is no time');
  await expect(windows('add', '--from', '3d', '--until', '2d', '--reason', 'x')).rejects.toThrow('is not after --from');
});

test('posthorn review launch-plan sets a plan from a file, shows it as that, and refuses one that is behind', async () => {
  const { review, connection } = await stand.newReview(team);
  const people: [string, string] = [
    (await stand.addMember(team, 'owner')).id,
    (await stand.addMember(team, 'developer')).id,
  ];
  await expect(posthorn('review', 'launch-plan', 'show', review)).rejects.toThrow(/no launch plan.*version 0/);
  const file = join(folder, 'plan.json');
  await writeFile(file, JSON.stringify({ plan: planBy(people, connection, stand.now()) }));
  const set = (): Promise<string> => posthorn('review', 'launch-plan', 'set', review, '--file', file);
  expect(await set()).toBe('set  version 1 of the launch plan');
  await expect(set()).rejects.toThrow('at version 1 by now');
  const [who, ...document] = (await posthorn('review', 'launch-plan', 'show', review)).split('\n');
  expect(who).toMatch(/^version 1: set by operator at /);
  await writeFile(file, document.join('\n'));
  expect(await set()).toBe('set  version 2 of the launch plan');
  await writeFile(file, '{}');
  await expect(set()).rejects.toThrow('it has no "plan"');
});
