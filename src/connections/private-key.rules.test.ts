import { generateKeyPairSync, createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readPrivateKey } from './private-key.rules.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1 = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

/** The key that was read, or why none was. */
function read(text: string): string {
  const verdict = readPrivateKey(text);
  if (!verdict.ok) return verdict.problem;
  return createPrivateKey(verdict.pem).equals(pair.privateKey) ? 'the key' : 'another key';
}

describe('a private key', () => {
  test.each([
    ['as it is in its file', pkcs8],
    ['in the older form', pkcs1],
    ['with line breaks that were typed as \\n', pkcs1.replaceAll('\n', '\\n')],
    ['with line breaks that were typed as \\r\\n', pkcs8.replaceAll('\n', '\\r\\n')],
    ['on one line, as a form makes it', pkcs1.replaceAll('\n', ' ')],
    ['with other line ends, quotes and text around it', `key="${pkcs8.replaceAll('\n', '\r\n')}"\n`],
    ['indented', pkcs1.replaceAll('\n', '\n    ')],
  ])('is read %s', (_how, text) => {
    expect(read(text)).toBe('the key');
  });

  test('comes back as PEM with its line breaks', () => {
    expect(readPrivateKey(pkcs1.replaceAll('\n', '\\n'))).toEqual({ ok: true, pem: pkcs1 });
  });

  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const encrypted = pair.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey;
  test.each([
    ['not a key', 'is no PEM: copy the whole key'],
    [pkcs8.replace(/-----END.*/, ''), 'is no PEM: copy the whole key'],
    [pkcs8.slice(0, 400) + pkcs8.slice(500), 'is damaged: copy the whole key again'],
    [publicKey, 'is the public half: give the private key'],
    [encrypted, 'is protected by a passphrase'],
    [elliptic.export({ type: 'pkcs8', format: 'pem' }).toString(), 'is a key of type ec: an RSA key is needed'],
    [short.export({ type: 'pkcs8', format: 'pem' }).toString(), 'has 1024 bits: make a key of 2048 bits'],
    ['', 'is no PEM'],
  ])('is refused with how to mend it, and nothing of it is quoted (%#)', (text, problem) => {
    const said = read(text);
    expect(said).toContain(problem);
    for (const line of text.split('\n').filter((each) => each.length > 20 && !each.startsWith('-----'))) {
      expect(said).not.toContain(line);
    }
  });
});
