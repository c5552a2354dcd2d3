import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { junitOf } from '../../src/cli/verify/junit.rules.ts';
import { inOrder, mustStop, verdictOf } from '../../src/cli/verify/verdict.rules.ts';
import type { VerifiedCheck } from '../../src/cli/verify/verified-check.ts';
import type { CheckDefinition } from '../../src/readiness/check-definition.ts';
import { createReadiness } from '../../src/readiness/create-readiness.ts';
import type { Collector, Finding } from '../../src/readiness/finding.ts';
import { failed, notApplicable, passed, unknown } from '../../src/readiness/finding.rules.ts';
import type { Instruments } from '../../src/readiness/instruments.ts';
import { readinessRoutes } from '../../src/readiness/readiness.routes.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

const findings = new Map<string, Finding>();
const ids = ['a.passes', 'b.blocks', 'c.minor', 'd.elsewhere'];
const definitionOf = (id: string): CheckDefinition => ({
  id,
  title: `Title of ${id}`,
  section: 'security',
  subject: 'team',
  severity: id === 'c.minor' ? 'minor' : 'blocker',
  kind: 'automatic',
  evidence: 'Why.',
  ttlSeconds: 60,
  brokenBy: 'What.',
  remedy: `Mend ${id}.`,
});
const collectorOf = (checkId: string): Collector<Finding> => ({
  checkId,
  version: 1,
  gather: () => Promise.resolve(findings.get(checkId) ?? passed('It is so.')),
  judge: (finding) => finding,
});

let api: TestApi;
let team = '';
let url = '';
beforeAll(async () => {
  api = await createTestApi({
    register(app, { services }) {
      const readiness = createReadiness({
        ...services,
        release: '1.0.0',
        catalogue: { checks: new Map([...ids, 'e.waits'].map((id) => [id, definitionOf(id)])) },
        instruments: { gateway: () => ({}) } as unknown as Instruments,
        onError: () => undefined,
        collectors: ids.map(collectorOf),
      });
      void app.register(readinessRoutes({ readiness }));
    },
  });
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
  team = await api.createTeam();
});
afterAll(() => api[Symbol.asyncDispose]());

async function verify(...more: string[]): Promise<{ lines: string[]; exitCode: unknown }> {
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const before = process.exitCode;
  const given = ['verify', '--url', url, '--key', api.operatorKey, '--team', team, ...more];
  await buildProgram({ out, err: out, paint: createPaint(false), width: 100 }).parseAsync(given, { from: 'user' });
  const { exitCode } = process;
  process.exitCode = before;
  return { lines, exitCode };
}

describe('posthorn verify', () => {
  test('ends well when nothing that blocks failed, and says what cannot be decided', async () => {
    findings.set('c.minor', failed('It is not so.', {}, 'posthorn do this'));
    findings.set('b.blocks', unknown('Nobody knows.'));
    findings.set('d.elsewhere', notApplicable('It is about others.'));
    const { lines, exitCode } = await verify();
    expect(exitCode).toBe(0);
    expect(lines).toEqual([
      `FAIL  c.minor (${team})`,
      '      It is not so.',
      '      → Mend c.minor.',
      '      $ posthorn do this',
      `SKIP  b.blocks (${team})`,
      '      Nobody knows.',
      `OK    a.passes (${team})`,
      '',
      '1 OK, 1 FAIL, 1 SKIP. 1 more check cannot be decided here: posthorn review coverage.',
    ]);
  });

  test('ends with 1 when a blocker failed', async () => {
    findings.set('b.blocks', failed('It is not so.'));
    const { lines, exitCode } = await verify();
    expect(exitCode).toBe(1);
    expect(lines[0]).toBe(`FAIL  b.blocks (${team})`);
    expect(lines.at(-1)).toContain('1 blocker among them: do not deploy.');
  });

  test('tells programs the same: as JSON, and as JUnit', async () => {
    findings.set('b.blocks', failed('5 < 6 & "so"'));
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-verify-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { lines } = await verify('--json', '--all', '--junit', join(folder, 'report.xml'));
    const told = JSON.parse(lines.join('\n')) as { ok: boolean; checks: VerifiedCheck[] };
    expect(told.ok).toBe(false);
    expect(told.checks.map(({ check }) => check).toSorted()).toEqual([...ids, 'e.waits']);
    const report = readFileSync(join(folder, 'report.xml'), 'utf8');
    expect(report).toContain('<testsuites tests="5" failures="2" skipped="2">');
    expect(report).toContain('message="5 &lt; 6 &amp; &quot;so&quot;">Mend b.blocks.</failure>');
  });
});

const check: VerifiedCheck = {
  check: 'a',
  title: 'A',
  section: 's',
  severity: 'blocker',
  subject: { kind: 'team', id: 't', name: 'n' },
  state: 'passed',
  because: null,
  seen: null,
  remedy: null,
  command: null,
  runAgain: '/',
};

test.each([
  ['passed', 'OK', false],
  ['attested', 'OK', false],
  ['failed', 'FAIL', true],
  ['unknown', 'SKIP', false],
  ['stale', 'SKIP', false],
  ['waived', 'SKIP', false],
  ['not-applicable', 'SKIP', false],
] as const)('%s is %s', (state, verdict, stops) => {
  expect(verdictOf({ ...check, state })).toBe(verdict);
  expect(mustStop([{ ...check, state }])).toBe(stops);
  expect(mustStop([{ ...check, state, severity: 'major' }])).toBe(false);
});

test('the order does not lose a check, and failed blockers come first', () => {
  const some = fc.array(
    fc.record({
      state: fc.constantFrom('passed' as const, 'failed' as const, 'unknown' as const),
      severity: fc.constantFrom('blocker' as const, 'minor' as const, null),
    }),
  );
  fc.assert(
    fc.property(some, (given) => {
      const ordered = inOrder(given.map((each): VerifiedCheck => ({ ...check, ...each })));
      expect(ordered).toHaveLength(given.length);
      if (mustStop(ordered)) expect(ordered[0]).toMatchObject({ state: 'failed', severity: 'blocker' });
    }),
  );
});

test('no text of a check breaks out of the report', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (seen) => {
      const report = junitOf([{ ...check, state: 'failed', seen, remedy: seen }]);
      expect(report.match(/<testcase /g)).toHaveLength(1);
      expect(report.match(/<\/testsuites>/g)).toHaveLength(1);
      // oxlint-disable-next-line no-control-regex -- they are what may not be there
      expect(report).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE\uFFFF]/);
    }),
  );
});
