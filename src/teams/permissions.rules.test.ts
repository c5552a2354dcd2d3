import { expect, test } from 'vitest';
import { mayCall } from './permissions.rules.ts';

const one = 'con_01kajxkkj8ffkr1g8xs6a3ek0r';

test.each([
  [['*'], true],
  [['connections:call'], true],
  [[`connections:call:${one}`], true],
  [['connections:call:con_01kajxkkj8ffkr1g8xs6a3ek0s'], false],
  [['connections:read', 'connections:write', 'calls:read'], false],
  [[`connections:call:${one.slice(0, -1)}`], false],
  [[], false],
])('a key with %j may call through one connection: %s', (held, may) => {
  expect(mayCall(new Set(held), one)).toBe(may);
});
