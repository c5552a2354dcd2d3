import { describe, expect, it } from 'vitest';
import { compileFilter } from './filter.rules.ts';

function problems(filter: unknown): { pointer: string; message: string }[] {
  const compiled = compileFilter(filter);
  return compiled.ok ? [] : compiled.problems;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

const table: [about: string, filter: unknown, pointer: string, message: RegExp][] = [
  ['null', null, '', /A filter is an object.*not null/],
  ['an array', [], '', /not an array/],
  ['a string', 'status', '', /not a string/],
  ['nothing', undefined, '', /JSON, which has no undefined/],
  ['a misspelt operator', { a: { $gte_: 1 } }, '/a/$gte_', /did you mean \$gte\?/],
  ['an operator in another case', { a: { $elemmatch: {} } }, '/a/$elemmatch', /did you mean \$elemMatch\?/],
  ['swapped letters', { a: { $exsits: true } }, '/a/$exsits', /did you mean \$exists\?/],
  ['a misspelt group', { $adn: [] }, '/$adn', /did you mean \$and\?/],
  ['an operator like no other', { a: { $frobnicate: 1 } }, '/a/$frobnicate', /the operators here are \$eq, \$ne/],
  ['an inherited name as operator', { a: { $toString: 1 } }, '/a/$toString', /Unknown operator/],
  ['$regex', { a: { $regex: 'x' } }, '/a/$regex', /run for ever: use \$startsWith/],
  ['$where', { $where: 'true' }, '/$where', /never runs code/],
  ['a field operator without a field', { $gt: 5 }, '/$gt', /under a field name/],
  ['$not around a filter', { $not: { a: 1 } }, '/$not', /\$nor/],
  ['a group under a field', { a: { $or: [{ $gt: 1 }] } }, '/a/$or', /outside the field/],
  ['an operator without its sign', { a: { $gte: 1, lte: 5 } }, '/a/lte', /did you mean \$lte\?/],
  ['a field among operators', { a: { $gte: 1, b: 5 } }, '/a/b', /a field name among operators/],
  ['an operator inside a whole value', { a: { b: { $gt: 5 } } }, '/a/b/$gt', /write the path with dots/],
  ['an operator inside a list of whole values', { a: [{ b: { $gt: 5 } }] }, '/a/0/b/$gt', /write the path with dots/],
  ['$and without a list', { $and: { a: 1 } }, '/$and', /needs an array/],
  ['an empty $or', { $or: [] }, '/$or', /one or more filters/],
  ['a member that is no filter', { $nor: [{ a: 1 }, 'b'] }, '/$nor/1', /A filter is an object/],
  ['$in without a list', { a: { $in: 'b' } }, '/a/$in', /array of values, not a string/],
  ['$nin without a list', { a: { $nin: null } }, '/a/$nin', /array of values, not null/],
  ['too many values', { a: { $in: Array(1001).fill(1) } }, '/a/$in', /at most 1000/],
  ['$exists with a number', { a: { $exists: 1 } }, '/a/$exists', /true or false/],
  ['$gt with null', { a: { $gt: null } }, '/a/$gt', /a number or a string, not null/],
  ['$lte with an array', { a: { $lte: [1] } }, '/a/$lte', /a number or a string, not an array/],
  ['$size below nothing', { a: { $size: -1 } }, '/a/$size', /0 or more/],
  ['$size of a fraction', { a: { $size: 1.5 } }, '/a/$size', /whole number/],
  ['$startsWith a number', { a: { $startsWith: 1 } }, '/a/$startsWith', /needs a string/],
  ['$not of a plain value', { a: { $not: 5 } }, '/a/$not', /use \$ne/],
  ['$not of a whole value', { a: { $not: { b: 1 } } }, '/a/$not', /object of operators/],
  ['an empty $elemMatch', { a: { $elemMatch: {} } }, '/a/$elemMatch', /conditions on one element/],
  ['$elemMatch of both kinds', { a: { $elemMatch: { $gt: 1, b: 1 } } }, '/a/$elemMatch/b', /among operators/],
  ['a problem inside $elemMatch', { a: { $elemMatch: { b: { $gt: true } } } }, '/a/$elemMatch/b/$gt', /not a boolean/],
  ['an empty path', { '': 1 }, '/', /empty part/],
  ['an empty part', { 'a..b': 1 }, '/a..b', /empty part/],
  ['__proto__', JSON.parse('{"__proto__":{"a":1}}'), '/__proto__', /no payload can hold/],
  ['__proto__ further down', { 'a.__proto__.b': 1 }, '/a.__proto__.b', /no payload can hold/],
  ['an operator in a path', { 'a.$gt': 1 }, '/a.$gt', /starts with "\$"/],
  [
    'a path of too many parts',
    { [Array(33).fill('a').join('.')]: 1 },
    `/${Array(33).fill('a').join('.')}`,
    /at most 32/,
  ],
  ['names that a pointer escapes', { 'a/b~c': { $gt: true } }, '/a~1b~0c/$gt', /not a boolean/],
  ['too deep', nested(17), `${'/a'.repeat(16)}`, /at most 16 levels/],
  ['too large', { a: Array(2000).fill(1) }, '', /at most 2000 values/],
  ['too many conditions', { $or: Array(101).fill({ a: 1 }) }, '', /at most 100/],
  ['too many structures', { a: { $in: Array(100).fill({ b: 1 }) } }, '', /at most 100/],
  ['an infinite number', { a: { $gt: Number.POSITIVE_INFINITY } }, '/a/$gt', /finite/],
  ['a function', { a: () => 1 }, '/a', /no function/],
  ['a date', { a: new Date(0) }, '/a', /only plain objects/],
];

describe('a filter is refused for', () => {
  it.each(table)('%s', (_about, filter, pointer, message) => {
    const found = problems(filter);
    expect(found.map((problem) => problem.pointer)).toEqual([pointer]);
    expect(found[0]?.message).toMatch(message);
  });

  it('every reason at once', () => {
    const found = problems({ a: { $gtt: 1, $size: 'x' }, 'b..c': { $in: 1 }, $or: [{ d: { $exists: 'no' } }, 7] });
    expect(found.map((problem) => problem.pointer)).toEqual([
      '/a/$gtt',
      '/a/$size',
      '/b..c',
      '/b..c/$in',
      '/$or/0/d/$exists',
      '/$or/1',
    ]);
  });

  it('a cycle, instead of following it', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a'] = cycle;
    expect(problems(cycle)[0]?.message).toMatch(/Too deep/);
  });
});

describe('a filter at its limits', () => {
  it.each([
    ['of depth', nested(16)],
    ['of values in a list', { a: { $in: Array(1000).fill(1) } }],
    ['of conditions', { $or: Array(100).fill({ a: 1 }) }],
    ['of path parts', { [Array(32).fill('a').join('.')]: 1 }],
  ])('%s is taken', (_about, filter) => {
    expect(problems(filter)).toEqual([]);
  });
});
