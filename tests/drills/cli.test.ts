import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWatch } from '../../src/cli/drill/watch-run.ts';
import type { RunDetailAnswer } from '../../src/cli/drill/drill-answers.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import type { Drill } from '../../src/drills/drill.ts';
import { failed, passed } from '../../src/readiness/finding.rules.ts';
import { until } from '../support/until.ts';
import { type DrillsStand, openDrillsStand } from './support/drills-stand.ts';
import { drill } from './support/played-drills.ts';

let fails = false;
let touched = 0;
const drills: readonly Drill[] = [
  {
    ...drill,
    checkId: 'drill.one',
    run(stage) {
      stage.note('It was \u001b[31mdone.', { tries: 2 });
      return Promise.resolve(fails ? failed('It <broke>.', {}, 'posthorn mend it') : passed('All is well.'));
    },
  },
  { ...drill, checkId: 'drill.two', run: () => Promise.reject(new Error('nothing answers')) },
  {
    ...drill,
    checkId: 'endpoint.touched',
    subject: 'endpoint',
    touches: 'integration',
    safeInProduction: false,
    run() {
      touched += 1;
      return Promise.resolve(passed('It is well.'));
    },
  },
  {
    ...drill,
    checkId: 'invoice.sent',
    touches: 'integration',
    irrevocable: 'sends an invoice',
    run() {
      touched += 1;
      return Promise.resolve(passed('It came.'));
    },
  },
];

let stand: DrillsStand;
let team: string;
let url: string;
beforeAll(async () => {
  stand = await openDrillsStand({ drills, environment: 'development' });
  url = await stand.api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  fails = false;
  team = await stand.api.createTeam();
});
afterAll(() => stand[Symbol.asyncDispose]());

/** Runs the verb as the command line does. */
const posthorn = (...args: string[]) => posthornIn(200, ...args);

async function posthornIn(width: number, ...args: string[]): Promise<{ out: string[]; err: string[]; code: unknown }> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    paint: createPaint(false),
    width,
  };
  const given = ['drill', ...args, '--url', url, '--key', stand.api.operatorKey, '--team', team];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await buildProgram(terminal).parseAsync(given, { from: 'user' });
    return { out, err, code: process.exitCode };
  } finally {
    process.exitCode = before;
  }
}

describe('posthorn drill', () => {
  test('lists what can be drilled, for what, and how it went last', async () => {
    await posthorn('run', 'drill.one');
    const { out } = await posthorn('list');
    expect(out[1]).toMatch(/^drill.one +gateway +nothing +passed +done /);
    expect(out[3]).toMatch(/^endpoint.touched +no endpoint +integration +- +-$/);
    const json = JSON.parse((await posthorn('list', '--json')).out.join()) as { check: string }[];
    expect(json.map(({ check }) => check)).toEqual(['drill.one', 'drill.two', 'endpoint.touched', 'invoice.sent']);
  });

  test('schedules a drill, lists what runs by itself, and ends it', async () => {
    expect((await posthorn('schedules', 'list')).err.join('')).toContain('No drill is scheduled');
    const set = await posthorn('schedules', 'set', 'drill.one', '--every', '7d');
    expect(set.out[0]).toMatch(/^scheduled {2}drill.one every 168 h, first 20/);
    expect((await posthorn('schedules', 'list')).out[1]).toMatch(/^drill.one +all +168 h +20\S+Z$/);
    await expect(posthorn('schedules', 'remove', 'drill.two')).rejects.toThrow('drill.two is not scheduled');
    await expect(posthorn('schedules', 'remove', 'drill.one', '--subject', 'gateway')).rejects.toThrow('for gateway');
    expect((await posthorn('schedules', 'remove', 'drill.one')).out).toEqual(['removed  the schedule of drill.one']);
    expect((await posthorn('schedules', 'list', '--json')).out).toEqual(['[]']);
    for (const every of ['0', '7w', '367d']) {
      await expect(posthorn('schedules', 'set', 'drill.one', '--every', every)).rejects.toThrow(/no interval/);
    }
  });

  test('runs one, says what it found, and ends with 1 when it failed', async () => {
    const fine = await posthorn('run', 'drill.one');
    expect(fine).toMatchObject({ code: 0, out: ['OK    drill.one', '\n1 run: 1 OK, 0 FAIL, 0 SKIP.'] });
    fails = true;
    const broken = await posthorn('run', 'drill.one');
    expect(broken.code).toBe(1);
    expect(broken.out.join('\n')).toMatch(
      /^FAIL {2}drill.one\n +It <broke>\.\n +→ posthorn drill show drl_\w+ .*\n +\$ posthorn mend it/,
    );
  });

  test('runs all that are safe, and nothing that acts on the integration', async () => {
    const body = { url: 'http://127.0.0.1:9/', eventTypes: ['*'] };
    await stand.api.call('POST', `/v1/teams/${team}/endpoints`, { body });
    const { out, code } = await posthorn('run', '--all-safe');
    expect(out.join('\n')).toMatch(/OK {4}drill.one\nSKIP {2}drill.two\n +It could not be decided: nothing answers/);
    expect([code, touched]).toEqual([0, 0]);
    expect((await posthorn('run', 'endpoint.touched')).out[0]).toMatch(/^OK {4}endpoint.touched \(/);
    expect(touched).toBe(1);
  });

  test('runs what does something for good when that is confirmed, and not otherwise', async () => {
    const before = touched;
    expect((await posthorn('list')).out[4]).toMatch(/^invoice.sent +gateway +integration \(with --confirm\) /);
    await expect(posthorn('run', 'invoice.sent')).rejects.toThrow('invoice.sent sends an invoice');
    expect(touched).toBe(before);
    expect((await posthorn('run', 'invoice.sent', '--confirm')).out[0]).toBe('OK    invoice.sent');
    expect(touched).toBe(before + 1);
  });

  test('goes on when one of all is refused, and says so at the end', async () => {
    await stand.stopNodes();
    const [waiting] = await stand.start(team, { check: 'drill.one' });
    const running = posthorn('run', '--all-safe');
    const asJson = async () => JSON.parse((await posthorn('run', '--all-safe', '--json')).out.join('')) as object;
    await until('the other to be asked for', async () => {
      const { body } = await stand.api.call('GET', `/v1/teams/${team}/drills/runs`);
      return (body as { data: { check: string }[] }).data.some(({ check }) => check === 'drill.two');
    });
    await stand.api.call('POST', `/v1/teams/${team}/drills/runs/${waiting?.id}/stop`);
    stand.node().worker.start();
    const { out, code } = await running;
    expect(code).toBe(1);
    expect(out.slice(-3).join('\n')).toMatch(
      /^REFUSED {2}drill.one\n +drill.one is waiting already .*\n\n1 run: 0 OK, 0 FAIL, 1 SKIP, 1 drill refused\.$/,
    );
    expect(await asJson()).toMatchObject({ ok: true, refused: [] });
  });

  test('writes JUnit and JSON', async () => {
    fails = true;
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-drill-cli-'));
    const file = join(folder, 'drills.xml');
    const { out } = await posthorn('run', 'drill.one', '--json', '--junit', file);
    expect(JSON.parse(out.join(''))).toMatchObject({ ok: false, runs: [{ check: 'drill.one', state: 'failed' }] });
    const xml = await readFile(file, 'utf8');
    expect(xml).toContain('<testsuites tests="1" failures="1" skipped="0">');
    expect(xml).toContain('It &lt;broke&gt;.');
    await rm(folder, { recursive: true });
    await expect(posthorn('run', 'drill.one', '--junit', file)).rejects.toThrow('cannot be written');
  });

  test('shows a run with its transcript, and no control characters of it', async () => {
    await posthorn('run', 'drill.one', '--pace', '0.5');
    const [run] = (await stand.api.call('GET', `/v1/teams/${team}/drills/runs`)).body.data as [{ id: string }];
    const shown = (await posthorn('show', run.id)).out.join('\n');
    expect(shown).toMatch(/state +done \(a rehearsal: no evidence\)/);
    expect(shown).toMatch(/\+\d+ ms +It was .*done\. tries=2/);
    expect(shown).not.toContain('\u001b');
    await expect(posthorn('stop', run.id)).rejects.toThrow('over already');
  });

  test('says what is missing', async () => {
    await expect(posthorn('run')).rejects.toThrow('not clear what to run');
    await expect(posthorn('run', 'nobody.knows')).rejects.toThrow('no drill for nobody.knows');
    await expect(posthorn('run', 'drill.one', '--pace', '2')).rejects.toThrow(/share/);
    await expect(posthorn('show', 'drl_nothing')).rejects.toThrow('no run drl_nothing');
  });

  test('watches a run: each step once as a line', async () => {
    const { err } = await posthorn('run', 'drill.one', '--watch');
    expect(err[0]).toMatch(/^drill.one, gateway: drl_/);
    expect(err.filter((line) => line.includes('tries=2'))).toHaveLength(1);
  });

  test('lists a drill in a line where there is little room, several subjects by the gravest state, and one drill with all of it', async () => {
    for (const port of [9, 10]) {
      const body = { url: `http://127.0.0.1:${port}/`, eventTypes: ['*'] };
      await stand.api.call('POST', `/v1/teams/${team}/endpoints`, { body });
    }
    const { out, err } = await posthornIn(48, 'list');
    expect(out).toHaveLength(5);
    expect(Math.max(...out.map(({ length }) => length))).toBeLessThanOrEqual(48);
    expect(out[3]).toMatch(/^endpoint.touched +2 endpoints\* +unknown$/);
    expect(err.join(' ')).toContain('posthorn drill list <check>');
    const [, run] = (await posthorn('list', 'endpoint.touched')).out.join('\n').match(/\((ep_\w+)\)/) ?? [];
    await posthorn('run', 'endpoint.touched', '--subject', run ?? '');
    expect((await posthorn('list')).out[3]).toMatch(/ 1 of 2 unknown +done \d{4}-\d\d-\d\dT\d\d:\d\dZ$/);
    const shown = (await posthorn('list', 'endpoint.touched')).out.join('\n');
    expect(shown).toMatch(new RegExp(`\\(${run}\\) +passed +done .* +drl_`));
    expect(shown).toMatch(/touches +integration/);
    const json = (await posthorn('list', 'endpoint.touched', '--json')).out.join('');
    expect(JSON.parse(json)).toMatchObject({ check: 'endpoint.touched' });
    await expect(posthorn('list', 'nobody.knows')).rejects.toThrow('no drill for nobody.knows');
  });
});

test('on a terminal a run is one line with a bar, which is gone at the end', () => {
  const written: string[] = [];
  const terminal = { out: () => undefined, err: () => undefined, paint: createPaint(false), width: 60 };
  const watch = openWatch(true, terminal, { isTTY: true, write: (text) => written.push(text) });
  const run = { id: 'drl_1', check: 'drill.one', state: 'running', progress: { done: 1, of: 4 }, transcript: [] };
  watch.show(run as unknown as RunDetailAnswer);
  watch.end();
  expect(written).toEqual(['\r\u001B[K[#####               ] drill.one: 1 of 4  ', '\r\u001B[K']);
});
