import { expect, it } from 'vitest';
import { problemCodes } from '../../src/problem.ts';
import { pageAt, tableRows } from './pages.ts';

const rows = tableRows(pageAt('docs/calling.md'), 'status');

it('docs/calling.md says of every problem its status', () => {
  const statuses = rows.map(([status, code]) => [code, Number(status)]);
  expect(statuses).toEqual(
    rows.map(([, code = '']) => [code, problemCodes[code as keyof typeof problemCodes]?.status ?? 'no such code']),
  );
});

it('docs/calling.md has every problem that ends a call', () => {
  const documented = new Set(rows.map(([, code]) => code));
  const ofCalling = Object.keys(problemCodes).filter((code) =>
    /^(?:provider_|connection_|credential_|call_|budget_|polling_|invalid_path)/.test(code),
  );
  expect(ofCalling.filter((code) => !documented.has(code))).toEqual([]);
  expect(ofCalling.length).toBeGreaterThan(7);
});
