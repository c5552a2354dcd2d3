import { expect, test } from 'vitest';
import { hasSeveralHosts } from './host-headers.rules.ts';

test.each([
  [[], false],
  [['Host', 'a'], false],
  [['host', 'a', 'x-host', 'b', 'from', 'host'], false],
  [['Host', 'a', 'hOST', 'b'], true],
  [['host', 'a', 'accept', '*/*', 'Host', 'a'], true],
])('%j has several hosts: %s', (rawHeaders, expected) => {
  expect(hasSeveralHosts(rawHeaders)).toBe(expected);
});
