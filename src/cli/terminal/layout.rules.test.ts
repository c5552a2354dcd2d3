import { expect, test } from 'vitest';
import { alignColumns, cutLine, cutLines, visibleWidth, wrapWords } from './layout.rules.ts';
import { createPaint } from './paint.rules.ts';

const paint = createPaint(true);

test('colours take no columns', () => {
  expect(visibleWidth(paint.red('four'))).toBe(4);
  expect(createPaint(false).red('four')).toBe('four');
});

test('columns are as wide as their widest cell, and no line ends in blanks', () => {
  const rows = [
    ['a', paint.green('long'), 'x'],
    ['bbb', 'c', ''],
  ];
  expect(alignColumns(rows)).toEqual([`a    ${paint.green('long')}  x`, 'bbb  c']);
});

test('words wrap at the width, and a longer word keeps its own line', () => {
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapWords('a abcdefghij b', 5)).toEqual(['a', 'abcdefghij', 'b']);
});

test('what is cut says so', () => {
  expect(cutLine('abcdef', 4)).toBe('abc…');
  expect(cutLine('abcd', 4)).toBe('abcd');
  expect(cutLines('1\n2\n3\n4', { most: 2, width: 9 })).toEqual(['1', '2', '… 2 more lines']);
  expect(cutLines('1\n2', { most: 2, width: 9 })).toEqual(['1', '2']);
});
