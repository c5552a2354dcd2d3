import { expect, test } from 'vitest';
import { auditActions } from '../../src/audit/audit-actions.rules.ts';
import { pageAt, tableRows } from '../docs/pages.ts';

test('docs/audit.md has every action, and when it is recorded', () => {
  expect(Object.fromEntries(tableRows(pageAt('docs/audit.md'), 'action'))).toEqual(auditActions);
});
