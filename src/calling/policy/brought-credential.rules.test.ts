import { expect, test } from 'vitest';
import { tokenOfProviderHeaders } from '../../http/request-token.rules.ts';
import { type BroughtCredential, broughtCredential } from './brought-credential.rules.ts';

const key = `phk_01h2xcejqtf2nbrexx3vqjhp41_${'a'.repeat(43)}`;
const otherKey = `phk_01h2xcejqtf2nbrexx3vqjhp42_${'b'.repeat(43)}`;
const secret = 'api_8f1c2e07b6d94a53';
const foreign = 'sk_live_0123456789abcdef';
const brought = (headers: string[], target: string, secrets: string[]): BroughtCredential | null => {
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? '']] : []));
  const key = tokenOfProviderHeaders(Object.fromEntries(pairs) as Record<string, string>);
  return broughtCredential({ headers, target, key }, secrets);
};

test.each([
  [['Authorization', `Bearer ${key}`]],
  [['authorization', 'Bearer placeholder', 'X-API-Key', key]],
  [['Authorization', 'Bearer xxxxxxxxxxxxxxxxxxxxxxxx', 'posthorn-key', key]],
  [['Authorization', `Bearer ${key}`, 'X-API-Key', otherKey]],
  [['Authorization', 'Bearer operator-0123456789abcdef']],
  [['posthorn-key', key, 'x-request-id', foreign]],
  [['posthorn-key', key, 'x-unit', 'api']],
])('who comes with a key of Posthorn alone brings nothing: %j', (headers) => {
  expect(brought(headers, '/x', [secret, 'api'])).toBeNull();
});

test.each([
  [['X-Documenso-Token', secret, 'Authorization', `Bearer ${key}`], '/x'],
  [['posthorn-key', key, 'Authorization', `Bearer ${secret}`], '/x'],
  [['posthorn-key', key, 'cookie', `a=b; token=${secret}`], '/x'],
  [['posthorn-key', key], `/x?api_key=${secret}`],
])('a value of the connection’s own is found wherever it stands: %j %s', (headers, target) => {
  expect(brought(headers, target, [secret])).toBe('own');
});

test.each([
  [['Authorization', `Bearer ${key}`, 'X-API-Key', foreign]],
  [['posthorn-key', key, 'authorization', `Bearer ${foreign}`]],
  [['Authorization', 'Bearer operator-0123456789abcdef', 'api-key', foreign]],
])('a credential beside the key is another: %j', (headers) => {
  expect(brought(headers, '/x', [secret])).toBe('other');
});
