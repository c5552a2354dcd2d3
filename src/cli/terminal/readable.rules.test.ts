import { expect, test } from 'vitest';
import { counted, readableDuration, readableSize } from './readable.rules.ts';

test.each([
  [0.4, '0 ms'],
  [850, '850 ms'],
  [1000, '1 s'],
  [2449, '2.4 s'],
  [60_000, '60 s'],
  [300_000, '5 min'],
  [9_000_000, '2.5 h'],
  [259_200_000, '3 d'],
])('%d ms reads %s', (durationMs, text) => {
  expect(readableDuration(durationMs)).toBe(text);
});

test.each([
  [512, '512 B'],
  [1200, '1.2 kB'],
  [3_400_000, '3.4 MB'],
  [76e9, '76 GB'],
])('%d bytes read %s', (sizeBytes, text) => {
  expect(readableSize(sizeBytes)).toBe(text);
});

test('one is one and the rest are many', () => {
  expect([counted(1, 'webhook'), counted(0, 'webhook')]).toEqual(['1 webhook', '0 webhooks']);
  expect(counted(2, 'delivery', 'deliveries')).toBe('2 deliveries');
});
