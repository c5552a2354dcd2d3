import { expect, test } from 'vitest';
import { isReference, isSameSecret } from './same-secret.rules.ts';

type Opened = Parameters<typeof isSameSecret>[0];
const of = (kind: Opened['kind'], values: Record<string, string>): Opened => ({
  kind,
  fields: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
});

test.each<[string, Opened, Opened, boolean]>([
  ['the same token', of('bearer', { token: 'a' }), of('bearer', { token: 'a' }), true],
  ['another token', of('bearer', { token: 'a' }), of('bearer', { token: 'b' }), false],
  [
    'the same key under another header',
    of('header', { name: 'a', value: 'k' }),
    of('header', { name: 'b', value: 'k' }),
    true,
  ],
  [
    'the same user name alone',
    of('basic', { username: 'u', password: '' }),
    of('basic', { username: 'v', password: '' }),
    false,
  ],
  [
    'the same private key for another user',
    of('docusign-jwt', { integrationKey: 'i', userId: '1', privateKey: 'k' }),
    of('docusign-jwt', { integrationKey: 'i', userId: '2', privateKey: 'k' }),
    true,
  ],
  ['another kind', of('bearer', { token: 'a' }), of('header', { name: 'n', value: 'a' }), false],
])('%s', (_what, one, other, same) => {
  expect(isSameSecret(one, other)).toBe(same);
  expect(isSameSecret(other, one)).toBe(same);
});

test('a reference is like nothing, not even itself', () => {
  const reference: Opened = { kind: 'bearer', fields: { token: { fromEnv: 'TOKEN' } } };
  expect(isReference(reference)).toBe(true);
  expect(isReference(of('bearer', { token: 'a' }))).toBe(false);
  expect(isSameSecret(reference, reference)).toBe(false);
});
