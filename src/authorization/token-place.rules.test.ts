import { expect, it } from 'vitest';
import { judgeTokenPlace } from './token-place.rules.ts';

it.each([
  'https://login.test/oauth/token?tenant=1',
  'https://account-d.docusign.com',
  'http://127.0.0.1:4010/oauth/token',
  'http://localhost:4010',
  'http://[::1]:4010',
])('%s may be asked for tokens', (text) => {
  expect(judgeTokenPlace(text)).toMatchObject({ ok: true });
});

it.each([
  ['http://login.test/token', /is not https/],
  ['http://127.0.0.1.evil.test/token', /is not https/],
  ['http://localhost.evil.test/token', /is not https/],
  ['https://PLANTED@login.test/token', /user or a password/],
  ['https://login.test/token#PLANTED', /fragment/],
  ['ftp://login.test', /no https URL/],
  ['login.test/token', /no https URL/],
  ['', /no https URL/],
])('%j may not', (text, problem) => {
  const verdict = judgeTokenPlace(text);
  expect(verdict).toMatchObject({ ok: false, problem: expect.stringMatching(problem) });
  expect(JSON.stringify(verdict)).not.toContain('PLANTED');
});
