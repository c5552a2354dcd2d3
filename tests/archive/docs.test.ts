import { expect, test } from 'vitest';
import { archiveErrors } from '../../src/archive/archive-errors.rules.ts';
import { findArchivePlan } from '../../src/providers/archive-plans.ts';
import { pageAt, tableRows } from '../docs/pages.ts';

const page = pageAt('docs/archive.md');

test('docs/archive.md tells of every error of a job as it is', () => {
  expect(Object.fromEntries(tableRows(page, 'lastError'))).toEqual(archiveErrors);
});

test('docs/archive.md tells of every event that is archived', () => {
  const told = tableRows(page, 'provider').map(([, event]) => event);
  const plans = ['documenso', 'docusign', 'goroute'].map(findArchivePlan);
  expect(told).toEqual(plans.flatMap((plan) => plan?.completionEvents ?? []));
});
