import { expect, test } from 'vitest';
import { createPaint } from '../terminal/paint.rules.ts';
import { renderCheck } from './render-verify.rules.ts';

const look = { paint: createPaint(false), width: 100 };
const failed = (command: string) =>
  renderCheck(
    {
      check: 'a.check',
      title: 'It holds',
      section: 'security',
      severity: 'blocker',
      subject: { kind: 'endpoint', id: 'ep_1', name: 'https://example.com' },
      state: 'failed',
      because: null,
      seen: 'It does not.',
      remedy: 'Mend it.',
      command,
      runAgain: null,
    },
    look,
  );

test('only what a shell understands stands behind a prompt', () => {
  expect(failed('posthorn doctor').at(-1)).toBe('      $ posthorn doctor');
  expect(failed('PATCH /v1/teams/team_1/endpoints/ep_1 {}').at(-1)).toBe(
    '      PATCH /v1/teams/team_1/endpoints/ep_1 {}',
  );
});
