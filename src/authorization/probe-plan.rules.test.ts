import { describe, expect, test } from 'vitest';
import { policyDefaults } from '../connections/policy.ts';
import type { ConnectionConfig, ConnectionCredential } from '../connections/connection-config.ts';
import { findApiProfile } from '../providers/api-registry.ts';
import { planProbe, readProbeToken } from './probe-plan.rules.ts';
import { readTokenAnswer } from './token-answer.rules.ts';

function plan(provider: string, change: Partial<ConnectionConfig>, kind: ConnectionCredential['kind'] = 'bearer') {
  const profile = findApiProfile(provider);
  if (profile === null) throw new Error(`no ${provider}`);
  const connection: ConnectionConfig = {
    teamId: 'team',
    id: 'con',
    name: 'c',
    profile,
    environment: 'production',
    baseUrl: 'https://api.example.com/base',
    options: {},
    status: 'active',
    credentials: [],
    policy: policyDefaults,
    sourceIds: [],
    archive: false,
    ...change,
  };
  return planProbe(connection, { id: 'ccr', name: '1', kind, fields: {}, expiresAtMs: null });
}

describe('the last read', () => {
  test('is the harmless one of each provider, below the base URL', () => {
    expect(plan('documenso', {})).toEqual({
      kind: 'read',
      url: 'https://api.example.com/base/api/v2/envelope?page=1&perPage=1',
    });
    expect(plan('goroute', {}, 'header')).toMatchObject({ url: 'https://api.example.com/base/api/v1/organizations' });
    expect(plan('generic', { options: { checkPath: '/me' } })).toMatchObject({
      url: 'https://api.example.com/base/me',
    });
  });

  test('is none where nothing says what is harmless', () => {
    expect(plan('generic', {})).toEqual({ kind: 'no-read' });
  });

  test('asks for a token where that is how the credential is used', () => {
    expect(plan('docusign', {}, 'docusign-jwt')).toEqual({ kind: 'token' });
    expect(plan('generic', {}, 'oauth-client-credentials')).toEqual({ kind: 'token' });
  });

  test('at DocuSign it is one that its review of calls leaves out', () => {
    const production = plan('docusign', { baseUrl: null, options: { accountId: 'a' } });
    expect(production).toEqual({ kind: 'read', url: 'https://account.docusign.com/oauth/userinfo' });
    const sandbox = plan('docusign', { environment: 'sandbox', baseUrl: 'https://demo.docusign.net/restapi' });
    expect(sandbox).toEqual({ kind: 'read', url: 'https://account-d.docusign.com/oauth/userinfo' });
    const simulated = plan('docusign', { baseUrl: 'http://127.0.0.1:4100/restapi' });
    expect(simulated).toEqual({ kind: 'read', url: 'http://127.0.0.1:4100/oauth/userinfo' });
  });
});

test.each([
  ['a token', 200, { access_token: 't', token_type: 'Bearer' }, 'accepted'],
  ['an unknown client', 401, { error: 'invalid_client' }, 'refused'],
  ['an assertion that does not verify', 400, { error: 'invalid_grant' }, 'refused'],
  ['a missing consent', 400, { error: 'consent_required' }, 'unclear'],
  ['a wrong scope', 400, { error: 'invalid_scope' }, 'unclear'],
  ['nothing known', 400, {}, 'unclear'],
  ['nothing known, with 401', 401, {}, 'refused'],
  ['a failure of its own', 500, {}, 'unclear'],
  ['too many requests', 429, {}, 'unclear'],
  ['a redirect', 302, {}, 'unclear'],
])('of a token endpoint, %s says what it is worth', (_what, status, body, kind) => {
  const reading = readTokenAnswer({ status, headers: new Map(), body: Buffer.from(JSON.stringify(body)) });
  expect(readProbeToken({ reading, status })).toEqual({ kind, status });
});
