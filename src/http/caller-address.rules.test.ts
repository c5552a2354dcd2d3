import { expect, test } from 'vitest';
import { callerAddress } from './caller-address.rules.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['2001:db8::9', '2001:db8::9'],
  ['[2001:db8::9]', '2001:db8::9'],
  ['[2001:db8::9]:4711', '2001:db8::9'],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
  ['unknown:4711', 'unknown:4711'],
  ['', ''],
])('the caller of %j is %j', (given, address) => {
  expect(callerAddress(given)).toBe(address);
});
