import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAddressPolicy } from '../egress/address.rules.ts';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import { allApiProfiles, findApiProfile } from '../providers/api-registry.ts';
import { judgeConnectionUrl, judgeTokenUrl } from './connection-url.rules.ts';

const policyOf = (allowLoopback: boolean) => ({
  requireHttps: !allowLoopback,
  addressPolicy: compileAddressPolicy({ allowLoopback, allowedNetworks: [] }),
});
const production = policyOf(false);
const development = policyOf(true);

function judge(
  provider: string,
  environment: ApiEnvironment,
  url: string,
  more: { selfHosted?: boolean; policy?: typeof production } = {},
): string {
  const profile = findApiProfile(provider);
  if (profile === null) throw new Error(`no profile ${provider}`);
  const place = { profile, environment, selfHosted: more.selfHosted ?? false, policy: more.policy ?? production };
  const verdict = judgeConnectionUrl(url, place);
  return verdict.ok ? verdict.url : verdict.problem;
}

describe('the base URL of a connection', () => {
  test.each([
    ['documenso', 'production', 'https://app.documenso.com', 'https://app.documenso.com'],
    ['documenso', 'production', 'https://APP.documenso.com/', 'https://app.documenso.com'],
    ['docusign', 'sandbox', 'https://demo.docusign.net/restapi/', 'https://demo.docusign.net/restapi'],
    ['docusign', 'production', 'https://na3.docusign.net/restapi', 'https://na3.docusign.net/restapi'],
    ['goroute', 'sandbox', 'https://app.goroute.ai/peppol-api', 'https://app.goroute.ai/peppol-api'],
    ['goroute', 'production', 'https://app.goroute.ai/peppol-api', 'https://app.goroute.ai/peppol-api'],
    ['generic', 'production', 'https://api.example.com/v1//', 'https://api.example.com/v1'],
  ] as const)("of %s in %s is one of the provider's", (provider, environment, url, taken) => {
    expect(judge(provider, environment, url)).toBe(taken);
  });

  test.each([
    ['docusign', 'production', 'https://demo.docusign.net/restapi', "'s sandbox, and this connection is of production"],
    [
      'docusign',
      'production',
      'https://demo.docusign.net./restapi',
      "'s sandbox, and this connection is of production",
    ],
    ['docusign', 'production', 'https://account-d.docusign.com', "'s sandbox, and this connection is of production"],
    ['docusign', 'sandbox', 'https://na3.docusign.net', "'s production, and this connection is of sandbox"],
    ['documenso', 'sandbox', 'https://app.documenso.com', "is Documenso's production"],
    ['docusign', 'production', 'https://docusign.net', 'is no host of DocuSign'],
    ['docusign', 'production', 'https://evildocusign.net', 'is no host of DocuSign'],
    ['docusign', 'production', 'https://na3.docusign.net.evil.example', 'is no host of DocuSign'],
    ['goroute', 'sandbox', 'https://goroute.example.com', 'it must be app.goroute.ai'],
    ['documenso', 'production', 'https://sign.example.com', 'set selfHosted to true'],
    ['generic', 'production', 'http://api.example.com', 'is not https'],
    ['generic', 'production', 'https://u:p@api.example.com', 'carries a user name or password'],
    ['generic', 'production', 'https://api.example.com?a=1', 'has a query'],
    ['generic', 'production', 'https://api.example.com/?', 'has a query'],
    ['generic', 'production', 'https://api.example.com#a', 'has a fragment'],
    ['generic', 'production', 'ftp://api.example.com', 'is not an http or https URL'],
    ['generic', 'production', 'https://169.254.169.254', 'has an address that'],
    ['generic', 'production', 'https://10.0.0.1', 'has an address that'],
    ['generic', 'production', 'https://127.0.0.1:8080', 'has an address that'],
    ['generic', 'production', 'https://localhost', 'names the machine itself'],
  ] as const)('of %s in %s is not %s', (provider, environment, url, problem) => {
    expect(judge(provider, environment, url)).toContain(problem);
  });

  test('may be the own one of somebody who says so, where people host it, but never the other environment', () => {
    const selfHosted = true;
    expect(judge('documenso', 'sandbox', 'https://sign.example.com', { selfHosted })).toBe('https://sign.example.com');
    expect(judge('documenso', 'sandbox', 'https://app.documenso.com', { selfHosted })).toContain('production');
    expect(judge('docusign', 'sandbox', 'https://sign.example.com', { selfHosted })).toContain('is no host');
  });

  test('may be a simulator on this machine in development, for every provider', () => {
    for (const { name } of allApiProfiles()) {
      for (const url of ['http://127.0.0.1:8430', 'http://localhost:1', 'http://[::1]:1', 'http://sim.localhost:1']) {
        expect(judge(name, 'production', url, { policy: development })).toBe(url);
      }
      expect(judge(name, 'production', 'http://example.com', { policy: development })).toContain('is not https');
    }
  });

  test('that is taken is https, of the environment, and safe to put a path behind, whatever was given', () => {
    const profiles = allApiProfiles().filter(({ selfHosted }) => !selfHosted);
    const hosts = profiles
      .flatMap(({ environments: { sandbox, production: live } }) => [sandbox, live])
      .flatMap((each) => each.hosts)
      .map((host) => host.replace('*', 'na3'));
    const piece = fc.oneof(
      fc.constantFrom(...hosts),
      fc.constantFrom('@', ':', '/', '.', '#', '?', '%2e', '\\', 'evil.example'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...profiles), fc.array(piece, { maxLength: 5 }), (profile, pieces) => {
        const place = { profile, environment: 'production', selfHosted: true, policy: production } as const;
        const verdict = judgeConnectionUrl(`https://${pieces.join('')}`, place);
        if (!verdict.ok) return;
        const url = new URL(`${verdict.url}/path`);
        expect(url.protocol).toBe('https:');
        const known = profile.environments.production.hosts.some((host) =>
          host.startsWith('*')
            ? url.hostname.replace(/\.$/, '').endsWith(host.slice(1))
            : url.hostname.replace(/\.$/, '') === host,
        );
        expect(known).toBe(true);
        expect(url.href).toBe(`${verdict.url}/path`);
      }),
    );
  });
});

test('tokens come from any https host that the operator lets Posthorn reach', () => {
  expect(judgeTokenUrl('https://login.example.com/oauth/token', production)).toEqual({
    ok: true,
    url: 'https://login.example.com/oauth/token',
  });
  for (const url of ['http://login.example.com', 'https://10.0.0.1/token', 'https://a@b.example', 'nowhere']) {
    expect(judgeTokenUrl(url, production).ok, url).toBe(false);
  }
  expect(judgeTokenUrl('http://127.0.0.1:1/token', development).ok).toBe(true);
});
