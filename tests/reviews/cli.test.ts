import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { renderBar } from '../../src/cli/review/render-review.rules.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { createStand, type Stand } from './stand.ts';

let stand: Stand;
let url = '';
beforeAll(async () => {
  stand = await createStand();
  url = await stand.api.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => stand.api[Symbol.asyncDispose]());
beforeEach(() => stand.weather.failing.clear());

async function review(verb: string, ...more: string[]): Promise<{ text: string; exitCode: unknown }> {
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const before = process.exitCode;
  process.exitCode = undefined;
  const common = ['--url', url, '--key', stand.api.operatorKey, '--team', stand.team];
  const words = verb === 'checks' || verb === 'checklists' ? more.splice(0, 1) : [];
  const given = ['review', verb, ...words, ...common, ...more];
  await buildProgram({ out, err: out, paint: createPaint(false), width: 100 }).parseAsync(given, { from: 'user' });
  const { exitCode } = process;
  process.exitCode = before;
  return { text: lines.join('\n'), exitCode };
}
const create = async (name: string, ...more: string[]): Promise<string> => {
  const { text } = await review('create', name, '--checklist', 'house', '--endpoint', stand.endpoint, ...more);
  return /rev_\w+/.exec(text)?.[0] ?? '';
};

describe('posthorn review', () => {
  test('runs a review, and ends with 1 when a blocker failed', async () => {
    const id = await create('Runs');
    expect(await review('run', id)).toMatchObject({ exitCode: 0, text: expect.stringContaining('NOT PASSED') });
    stand.weather.failing.add('gateway.is-good');
    expect((await review('run', id)).exitCode).toBe(0);
    stand.weather.failing.add('endpoint.is-good');
    const { exitCode, text } = await review('run', id);
    expect(exitCode).toBe(1);
    expect(text).toContain('2 checks failed, 1 blocker among them: endpoint.is-good.');
    expect(text.indexOf('failed  blocker')).toBeLessThan(text.indexOf('failed  major'));
  });

  test('gates: 1 unless the verdict is passed', async () => {
    const id = (await review('create', 'Gates', '--checklist', 'small')).text.match(/rev_\w+/)?.[0] ?? '';
    expect((await review('status', id, '--gate')).exitCode).toBe(1);
    expect((await review('status', id)).exitCode).toBe(0);
    const { exitCode, text } = await review('run', id, '--gate');
    expect([exitCode, text.split('\n')[1]]).toEqual([0, 'PASSED']);
  });

  test('is found by its name, and a name that fits two is refused', async () => {
    await create('Twice');
    expect((await review('status', 'Twice')).text).toContain('Twice  rev_');
    await create('Twice');
    await expect(review('status', 'Twice')).rejects.toThrow(/several reviews fit/);
    await expect(review('status', 'Never')).rejects.toThrow(/no review named Never/);
  });

  test('explains a check, with what is said of it', async () => {
    const id = await create('Explains');
    await review('comment', id, 'On it.', '--check', 'gateway.is-good');
    await review('assign', id, 'gateway.is-good', '--by', '2027-01-31');
    const { text } = await review('explain', id, 'gateway.is-good');
    for (const said of ['Whether it is good.', 'Make it good.', 'On it.', 'by 2027-01-31', 'house 1: Demand 1']) {
      expect(text).toContain(said);
    }
  });

  test('measures one check alone again, and says what decides those that it cannot', async () => {
    const id = await create('Again');
    await review('run', id);
    stand.weather.failing.add('gateway.is-good').add('endpoint.is-good');
    expect((await review('explain', id, 'gateway.is-good')).text).toMatch(/^state +passed$/m);
    expect((await review('explain', id, 'gateway.is-good', '--run')).text).toMatch(/^state +failed$/m);
    expect((await review('explain', id, 'endpoint.is-good')).text).toMatch(/^state +passed$/m);
    await expect(review('explain', id, 'people.are-briefed', '--run')).rejects.toThrow(
      /for people to say; posthorn review attest/,
    );
  });

  test('shows history and what changed', async () => {
    const id = await create('Changes');
    await review('run', id);
    stand.weather.failing.add('gateway.is-good');
    await review('run', id);
    const snapshots = JSON.parse((await review('history', id, '--json')).text) as { id: string }[];
    expect(snapshots).toHaveLength(2);
    expect((await review('diff', id)).text).toContain('Nothing stands otherwise.');
    const { text } = await review('diff', id, '--from', snapshots[1]?.id ?? '');
    expect(text).toMatch(/gateway\.is-good\s+gateway\s+passed\s+failed/);
    expect((await review('history', id)).text).toContain('operator');
  });

  test('names who owns a check, said something and measured, and keeps to the width', async () => {
    const body = { name: 'Ada Example', email: 'ada@example.com', role: 'developer' };
    const member = (await stand.api.call('POST', `${stand.at}/members`, { body })).body as { id: string };
    const { key } = await stand.api.createKey(stand.team, ['*'], { memberId: member.id });
    const id = await create('Names');
    stand.weather.failing.add('endpoint.is-good');
    const { text: assigned } = await review('assign', id, 'endpoint.is-good', '--to', 'ada@example.com');
    expect(assigned).toBe('endpoint.is-good  Ada Example');
    await review('comment', id, 'On it.', '--check', 'endpoint.is-good', '--key', key);
    await review('run', id, '--key', key);
    expect((await review('status', id)).text).toMatch(/endpoint\.is-good.*\n? +.*Ada Example/);
    expect((await review('explain', id, 'endpoint.is-good')).text).toMatch(
      /^owner +Ada Example$[^]*Ada Example: On it\./m,
    );
    expect((await review('history', id)).text).toMatch(/ Ada Example$/m);
    const snapshots = JSON.parse((await review('history', id, '--json')).text) as { takenBy: string }[];
    expect(snapshots.map(({ takenBy }) => takenBy)).toEqual([member.id]);
  });

  test.each(['checks', 'checklists'])(
    'puts %s of a team from a file, shows them as that, and removes them',
    async (kind) => {
      const file = join(mkdtempSync(join(tmpdir(), 'posthorn-own-')), 'own.yaml');
      onTestFinished(() => rmSync(join(file, '..'), { recursive: true, force: true }));
      const named = { checks: 'team.put', checklists: 'team-put' }[kind] ?? '';
      const own =
        kind === 'checks'
          ? 'section: security\nseverity: minor\nevidence: e\nremedy: r\nttlHours: 1\nmeasure: {kind: attestation}'
          : 'signoffs: []\nitems: [{ref: "1", says: s, phase: prepare, checks: [gateway.is-good]}]';
      const write = (title: string, more = ''): void =>
        writeFileSync(file, `id: ${named}\ntitle: ${title}\n${own}${more}`);
      const put = async (): Promise<string> => (await review(kind, 'put', '--file', file)).text;
      expect((await review(kind, 'list')).text).toContain('of your own; write one');
      write('First');
      expect(await put()).toBe(`created  ${named}, version 1`);
      expect(await put()).toBe(`unchanged  ${named}, version 1`);
      write('Second');
      expect(await put()).toBe(`replaced  ${named}, version 2`);
      expect((await review(kind, 'list')).text).toMatch(new RegExp(`^${named} .* 2 +Second$`, 'm'));
      write('Third', '\nversion: 1');
      await expect(put()).rejects.toThrow('it has version 2');
      writeFileSync(file, (await review(kind, 'show', named)).text);
      expect(await put()).toBe(`unchanged  ${named}, version 2`);
      writeFileSync(file, 'title: Nothing');
      await expect(put()).rejects.toThrow('it has no id');
      expect((await review(kind, 'remove', named)).text).toBe(`removed  ${named}`);
      await expect(review(kind, 'show', named)).rejects.toThrow('of its own');
    },
  );

  test('writes JUnit and JSON for a pipeline', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-review-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const id = await create('Pipes');
    stand.weather.failing.add('endpoint.is-good');
    const { text } = await review('run', id, '--json', '--junit', join(folder, 'review.xml'));
    expect(JSON.parse(text)).toMatchObject({ id, verdict: { passed: false } });
    expect(readFileSync(join(folder, 'review.xml'), 'utf8')).toContain('tests="3" failures="1" skipped="1"');
  });

  test('refuses an answer to no question, and says which there are', async () => {
    await expect(create('Wrong', '--answer', 'nothing=yes')).rejects.toThrow(/one of callsProviders/);
    await expect(create('Wrong', '--answer', 'selfHosted=perhaps')).rejects.toThrow(/yes or no/);
  });
});

test('a bar is as wide as any other, and shows whatever there is', () => {
  const section = { section: 's', total: 301, passed: 1, attested: 0, waived: 1, failed: 1, stale: 0, unknown: 298 };
  const bar = renderBar({ ...section, notApplicable: 0 }, createPaint(false));
  expect(bar).toHaveLength(24);
  for (const part of ['█', '▓', '▒', '░']) expect(bar).toContain(part);
});
