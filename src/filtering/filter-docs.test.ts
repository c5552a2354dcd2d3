import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filterLimits } from './filter-limits.rules.ts';
import { compileFilter } from './filter.rules.ts';
import { fieldOperators, groupOperators } from './operator-names.rules.ts';

type Example = { filter: unknown; role: string; payload: unknown };

const page = readFileSync(new URL('../../docs/filters.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\S*) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, language, role, text]) => {
  return { language, role: role ?? '', text: text ?? '' };
});

function examples(): Example[] {
  const found: Example[] = [];
  let filter: unknown;
  for (const { role, text } of blocks) {
    const value: unknown = JSON.parse(text);
    if (role === 'filter') filter = value;
    else
      found.push(role === 'refused' ? { filter: value, role, payload: undefined } : { filter, role, payload: value });
  }
  return found;
}

function verdict(filter: unknown, payload: unknown): string {
  const compiled = compileFilter(filter);
  if (!compiled.ok) return 'refused';
  return compiled.matches(payload) ? 'matches' : 'does-not-match';
}

describe('docs/filters.md', () => {
  it('holds only blocks that this test runs', () => {
    expect(blocks.length).toBeGreaterThan(60);
    expect(page.match(/^```json/gm)?.length).toBe(blocks.length);
    expect(blocks.map((block) => block.language)).toEqual(blocks.map(() => 'json'));
    expect(new Set(blocks.map((block) => block.role))).toEqual(
      new Set(['filter', 'matches', 'does-not-match', 'refused']),
    );
  });

  it.each(examples().map((example) => [example.role, JSON.stringify(example.filter), example] as const))(
    'is right that a payload %s %s',
    (role, _filter, example) => {
      expect(verdict(example.filter, example.payload)).toBe(role);
    },
  );

  it('shows a payload that matches and one that does not under every filter', () => {
    const roles = blocks.map((block) => block.role).join(' ');
    const groups = roles
      .replaceAll('refused', '')
      .trim()
      .split(/\bfilter\b/)
      .slice(1);
    for (const group of groups) {
      expect(group).toContain(' matches');
      expect(group).toContain('does-not-match');
    }
  });

  it('has a heading and an example for every operator', () => {
    const headings = page
      .split('\n')
      .filter((line) => line.startsWith('###'))
      .join('\n');
    const filters = blocks
      .filter((block) => block.role === 'filter')
      .map((block) => block.text)
      .join('\n');
    for (const operator of [...groupOperators, ...fieldOperators]) {
      expect(headings).toContain(`\`${operator}\``);
      expect(filters).toContain(`"${operator}"`);
    }
  });

  it('tells the limits that hold', () => {
    const told = page
      .replaceAll('\n', ' ')
      .match(/Limits: [^.]*\./)?.[0]
      .match(/\d+/g)
      ?.map(Number);
    const { depth, nodes, conditions, inValues, pathSegments } = filterLimits;
    expect(told).toEqual([depth, nodes, conditions, inValues, pathSegments]);
  });
});
