import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseDocusignAccount,
  docusignBaseUrl,
  docusignConsentUrl,
  docusignTokenRequest,
  readDocusignAccounts,
} from './docusign-jwt.rules.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('the assertion', () => {
  const grant = {
    authBaseUrl: 'https://account-d.docusign.com',
    integrationKey: 'ik-1',
    userId: 'user-1',
    key: privateKey,
  };
  const request = docusignTokenRequest(grant, 1_800_000_000_999);
  const form = new URLSearchParams(request.body ?? '');
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

  it('says who asks for whom, where and for how long', () => {
    expect(request.url).toBe('https://account-d.docusign.com/oauth/token');
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(decoded(claims)).toEqual({
      iss: 'ik-1',
      sub: 'user-1',
      aud: 'account-d.docusign.com',
      iat: 1_800_000_000,
      exp: 1_800_000_600,
      scope: 'signature impersonation',
    });
  });

  it('is signed by the key with RS256, and by no other', () => {
    const verified = (key: ReturnType<typeof createPublicKey>): boolean =>
      verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
    expect(verified(createPublicKey(privateKey))).toBe(true);
    expect(verified(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)).toBe(false);
  });
});

it('the consent address asks for both scopes and leaves the redirect to who opens it', () => {
  expect(docusignConsentUrl('https://account.docusign.com', 'a key')).toBe(
    'https://account.docusign.com/oauth/auth?response_type=code&scope=signature%20impersonation&client_id=a%20key&redirect_uri=REDIRECT_URI',
  );
});

describe('the accounts of a user', () => {
  const body = (accounts: unknown): Buffer => Buffer.from(JSON.stringify({ sub: 's', name: 'PLANTED', accounts }));
  const one = { account_id: 'a-1', is_default: false, account_name: 'PLANTED', base_uri: 'https://na1.docusign.net' };
  const two = { ...one, account_id: 'B-2', is_default: true, base_uri: 'https://eu.docusign.net' };
  const accounts = readDocusignAccounts(body([one, two, { account_id: 7 }, null, { ...one, account_id: 'a b' }]));

  it('are read without names, and what is no account is left out', () => {
    expect(accounts).toEqual([
      { accountId: 'a-1', isDefault: false, baseUri: 'https://na1.docusign.net' },
      { accountId: 'B-2', isDefault: true, baseUri: 'https://eu.docusign.net' },
    ]);
    for (const other of ['', 'null', '[]', '{"accounts":{}}']) {
      expect(readDocusignAccounts(Buffer.from(other))).toEqual([]);
    }
  });

  it('give the one that is asked for in any spelling, else the default, else the only one', () => {
    expect(chooseDocusignAccount(accounts, 'A-1')).toMatchObject({ account: { accountId: 'a-1' } });
    expect(chooseDocusignAccount(accounts, null)).toMatchObject({ account: { accountId: 'B-2' } });
    expect(chooseDocusignAccount(accounts.slice(0, 1), null)).toMatchObject({ account: { accountId: 'a-1' } });
  });

  it('refuse what the user does not have with the ids of what there is', () => {
    expect(chooseDocusignAccount(accounts, 'c-3')).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/enter one of a-1, B-2$/),
    });
    const undecided = [accounts[0], accounts[0]].flatMap((each) => (each === undefined ? [] : [each]));
    expect(chooseDocusignAccount(undecided, null)).toMatchObject({ ok: false });
    expect(chooseDocusignAccount([], null)).toMatchObject({ ok: false });
  });
});

describe('where an account lives', () => {
  const auth = 'https://account.docusign.com';

  it.each([
    ['https://na1.docusign.net', auth, 'production', 'https://na1.docusign.net/restapi'],
    ['https://eu.docusign.net/', auth, 'production', 'https://eu.docusign.net/restapi'],
    ['https://demo.docusign.net', 'https://account-d.docusign.com', 'sandbox', 'https://demo.docusign.net/restapi'],
    ['http://127.0.0.1:4010', 'http://127.0.0.1:4010', 'sandbox', 'http://127.0.0.1:4010/restapi'],
    ['http://localhost:4011', 'https://localhost:4010', 'production', 'http://localhost:4011/restapi'],
  ] as const)('%s is taken from %s', (baseUri, authBaseUrl, environment, baseUrl) => {
    expect(docusignBaseUrl(baseUri, authBaseUrl, environment)).toEqual({ ok: true, baseUrl });
  });

  it.each([
    ['http://na1.docusign.net', auth, 'production'],
    ['https://na1.docusign.net.evil.test', auth, 'production'],
    ['https://evildocusign.net', auth, 'production'],
    ['https://docusign.net', auth, 'production'],
    ['https://demo.docusign.net', auth, 'production'],
    ['https://na1.docusign.net', auth, 'sandbox'],
    ['https://na1.docusign.net:8443', auth, 'production'],
    ['https://user@na1.docusign.net', auth, 'production'],
    ['https://na1.docusign.net/other', auth, 'production'],
    ['https://na1.docusign.net?x=1', auth, 'production'],
    ['http://127.0.0.1:4010', auth, 'production'],
    ['https://169.254.169.254', auth, 'production'],
    ['https://na1.docusign.net', 'http://127.0.0.1:4010', 'production'],
    ['ftp://127.0.0.1', 'http://127.0.0.1:4010', 'production'],
    ['nothing', auth, 'production'],
  ] as const)('%s is refused from %s', (baseUri, authBaseUrl, environment) => {
    expect(docusignBaseUrl(baseUri, authBaseUrl, environment)).toMatchObject({ ok: false });
  });

  it('is one of docusign.net over https, whatever a stranger answers', () => {
    const host = fc.constantFrom(
      'docusign.net',
      '.docusign.net',
      'evil.test',
      '@',
      '/',
      '\\',
      '#',
      '?',
      'na1',
      ':',
      'x.',
    );
    const text = fc.array(host, { maxLength: 6 }).map((parts) => `https://${parts.join('')}`);
    fc.assert(
      fc.property(fc.oneof(text, fc.webUrl(), fc.string()), (baseUri) => {
        const verdict = docusignBaseUrl(baseUri, auth, 'production');
        if (!verdict.ok) return;
        const url = new URL(verdict.baseUrl);
        expect([url.protocol, url.port, url.pathname, url.username]).toEqual(['https:', '', '/restapi', '']);
        expect(url.hostname.endsWith('.docusign.net')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
