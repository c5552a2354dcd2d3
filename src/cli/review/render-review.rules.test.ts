import { expect, test } from 'vitest';
import { createPaint } from '../terminal/paint.rules.ts';
import { renderExplained, renderView } from './render-review.rules.ts';
import type { CheckAnswer } from './review-answers.ts';

const look = { paint: createPaint(false), width: 100 };
const check = (phase: string, more: Partial<CheckAnswer> = {}): CheckAnswer => ({
  check: `a.${phase}`,
  title: 'It holds',
  section: 'launch',
  severity: 'blocker',
  subject: { kind: 'gateway', id: 'gateway', name: 'gateway' },
  state: 'failed',
  because: 'It does not.',
  basis: null,
  seen: null,
  remedy: 'Mend it.',
  command: null,
  next: { kind: 'wait', post: null },
  measuredAt: null,
  expiresAt: null,
  owner: null,
  dueAt: null,
  items: [{ checklist: 'c', ref: '1', phase }],
  ...more,
});
const explained = (of: CheckAnswer) => {
  const items = of.items.map((item) => ({ ...item, says: 'It is so' }));
  const answer = { ...of, kind: 'attested', why: 'It matters.', values: [], items, comments: [], history: [] };
  return renderExplained('rev_1', answer, look).join('\n');
};

test('a check that is asked for after the launch alone says so: the verdict above does not count it', () => {
  const view = {
    id: 'rev_1',
    name: 'Launch',
    checklists: ['c'],
    status: 'open',
    because: null,
    version: 1,
    updatedAt: '2026-11-22T00:00:00.000Z',
    verdict: { passed: false, because: ['1 check failed, 1 blocker among them: a.prepare.'] },
    sections: [],
    evidenceHash: '',
    missingDuties: [],
    questions: [],
    checks: [check('prepare'), check('launch-day')],
  };
  const lines = renderView(view, 15, look).filter((line) => line.startsWith('failed'));
  expect(lines).toEqual(['failed  blocker  a.prepare', 'failed  blocker  a.launch-day  from launch-day on']);
  expect(explained(check('ongoing'))).toMatch(/^asked for +from ongoing on: the verdict does not count it$/m);
  expect(explained(check('prepare'))).not.toContain('asked for');
});

test('a check that a person answers for names the attestation or waiver that it stands on', () => {
  expect(explained(check('prepare', { state: 'attested', basis: 'ats_1' }))).toMatch(/^basis +ats_1$/m);
});

test('what comes next is a command that can be copied: of this review, and for this subject alone', () => {
  const subject = { kind: 'connection', id: 'con_1', name: 'Contracts' };
  const next = (kind: 'run' | 'drill' | 'attest', more = {}) =>
    explained(check('prepare', { next: { kind, post: null }, ...more }));
  expect(next('drill', { subject })).toMatch(/^next +posthorn drill run a\.prepare --subject con_1$/m);
  expect(next('attest', { subject })).toMatch(/^next +posthorn review attest a\.prepare --subject con_1$/m);
  expect(next('run', { subject })).toContain('posthorn review explain rev_1 a.prepare --subject con_1 --run');
  expect(next('run')).toContain('posthorn review explain rev_1 a.prepare --run');
});
