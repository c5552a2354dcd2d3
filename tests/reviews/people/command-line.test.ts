import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli/program.ts';
import { screen } from '../../support/screen.ts';
import { openPeopleStand, type PeopleStand } from './people-stand.ts';

let stand: PeopleStand;
let url: string;
let team: string;
let review: string;
type Person = Awaited<ReturnType<PeopleStand['addMember']>>;
let ada: Person;
let bo: Person;
let cy: Person;
beforeAll(async () => {
  stand = await openPeopleStand();
  url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  // The command line tells by its own clock what is over.
  stand.time.nowMs = Date.now();
  team = await stand.createTeam();
  [ada, bo, cy] = [
    await stand.addMember(team, 'developer', 'Ada'),
    await stand.addMember(team, 'developer', 'Bo'),
    await stand.addMember(team, 'developer', 'Cy'),
  ];
  review = await stand.createReview(team);
});
afterAll(() => stand[Symbol.asyncDispose]());

/** Runs a verb of reviews as the command line does, with the key of a member. */
async function as({ key }: { key: string }, ...args: string[]): Promise<string> {
  const { out, terminal } = screen(200);
  const given = ['review', ...args, '--url', url, '--key', key, '--team', team];
  await buildProgram(terminal).parseAsync(given, { from: 'user' });
  return out.join('\n');
}
const idIn = (text: string): string => /(?:ats|wvr|sgn)_\w+/.exec(text)?.[0] ?? '';
const attest = async (): Promise<string> =>
  idIn(await as(ada, 'attest', 'people.told', '--text', 'Told at the meeting of all leads.', '--yes'));
const waive = async (): Promise<string> => {
  const words = ['--reason', 'The painter comes in September.', '--control', 'Somebody looks for rust each morning.'];
  const given = ['gate.painted', '--until', '20d', '--owner', bo.id, '--yes', '--review', review];
  return idIn(await as(ada, 'waive', ...given, ...words));
};

test('what members attested is listed with their names, and taken back', async () => {
  const id = await attest();
  expect(await as(bo, 'attestations')).toMatch(new RegExp(`^${id} +people.told +Ada +nobody +20`, 'm'));
  expect(await as(bo, 'attestations', '--check', 'people.agreed')).toBe('');
  await expect(as(bo, 'withdraw', id, '--yes')).rejects.toThrow('give the API key of a member who may');
  expect(await as(ada, 'withdraw', id, '--yes')).toBe(`withdrawn  ${id}`);
  expect(await as(bo, 'attestations')).toMatch(/withdrawn by Ada$/);
  expect(await stand.stateOf(team, review, 'people.told')).toMatchObject({ state: 'unknown' });
});

test('waivers are listed with who asked, mends and approved, and taken back', async () => {
  const id = await waive();
  expect(await as(cy, 'waivers', review)).toMatch(new RegExp(`^${id} +gate.painted +Ada +Bo +nobody yet +20`, 'm'));
  await as(cy, 'approve', id, '--yes', '--review', review);
  expect(await as(cy, 'waivers', review)).toMatch(/ Ada +Bo +Cy +20/);
  expect(await as(ada, 'withdraw', id, '--yes', '--review', review)).toBe(`withdrawn  ${id}`);
  expect(await as(cy, 'waivers', review)).toMatch(/refused, or taken back$/);
  expect((JSON.parse(await as(cy, 'waivers', review, '--json')) as { requestedBy: string }[])[0]).toMatchObject({
    requestedBy: ada.id,
  });
});

test('signatures are listed with names and why they fell, and taken back by who gave them', async () => {
  await stand.nameSigners(team, 'security', [ada]);
  const id = idIn(await as(ada, 'sign', 'security', review, '--yes'));
  expect(await as(bo, 'sign-offs', review)).toMatch(new RegExp(`^${id} +security +Ada +\\S+ +counts$`, 'm'));
  await stand.nameSigners(team, 'security', [bo]);
  expect(await as(bo, 'sign-offs', review)).toMatch(/not named to sign for security any more\.$/);
  await expect(as(bo, 'withdraw', id, '--yes', '--review', review)).rejects.toThrow('taken back by who gave it');
  await as(ada, 'withdraw', id, '--yes', '--review', review);
  expect(await as(bo, 'sign-offs', review)).toMatch(/ withdrawn$/);
});

test('nothing is taken back unasked, and an id of something else is refused', async () => {
  const id = await attest();
  await expect(as(ada, 'withdraw', id)).rejects.toThrow('add --yes');
  await expect(as(ada, 'withdraw', review, '--yes')).rejects.toThrow('is no attestation, waiver or sign-off');
  await expect(as(ada, 'withdraw', 'wvr_nothing', '--yes', '--review', review)).rejects.toThrow('has no waiver');
  expect(await stand.stateOf(team, review, 'people.told')).toMatchObject({ state: 'attested' });
});

test('two of one name are told apart by their ids, and who was removed is said to be', async () => {
  const id = await attest();
  const other = await stand.addMember(team, 'developer', 'Ada');
  expect(await as(bo, 'attestations')).toContain(`Ada (${ada.id})`);
  await stand.call('DELETE', `/v1/teams/${team}/members/${other.id}`);
  await stand.call('DELETE', `/v1/teams/${team}/members/${ada.id}`);
  expect(await as(bo, 'attestations')).toContain(`Ada (${ada.id}) (removed)`);
  expect(await as(bo, 'attestations')).toContain(id);
});

test('a key that may not list members gets ids, and the list all the same', async () => {
  await attest();
  const { key } = await stand.createKey(team, ['reviews:read']);
  expect(await as({ key }, 'attestations')).toContain(ada.id);
});
