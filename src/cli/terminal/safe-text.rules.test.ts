import { expect, test } from 'vitest';
import { safeText } from './safe-text.rules.ts';

test('nothing from outside can steer the terminal', () => {
  expect(safeText('\u001B[2Jgone\u0007\u009B1m', 'one line')).toBe(String.raw`\x1b[2Jgone\x07\x9b1m`);
});

test('nothing from outside can reorder or hide text', () => {
  expect(safeText('a\u202Eb\u200Bc\u2028d', 'one line')).toBe(String.raw`a\u{202e}b\u{200b}c\u{2028}d`);
});

test('line ends stay only where there may be lines', () => {
  expect(safeText('a\r\n\tb\nc', 'lines')).toBe('a\n  b\nc');
  expect(safeText('a\nb', 'one line')).toBe(String.raw`a\x0ab`);
});

test('other writing stays as it is', () => {
  expect(safeText('Größe 数 🎉', 'one line')).toBe('Größe 数 🎉');
});
