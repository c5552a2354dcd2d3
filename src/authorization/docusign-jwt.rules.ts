import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import { parseObject } from './token-answer.rules.ts';
import { isLoopback } from './token-place.rules.ts';
import type { TokenRequest } from './token-request.ts';

/** Where users and integrations sign in. */
export const docusignAuthBaseUrls: Readonly<Record<ApiEnvironment, string>> = {
  sandbox: 'https://account-d.docusign.com',
  production: 'https://account.docusign.com',
};

const scope = 'signature impersonation';
/** Only the exchange has to fit in; clocks may differ by less. */
const assertionSeconds = 600;

/** The JWT grant (RFC 7523 section 2.1) as DocuSign takes it: RS256, and an audience without a scheme. */
export function docusignTokenRequest(
  grant: { authBaseUrl: string; integrationKey: string; userId: string; key: KeyObject },
  nowMs: number,
): TokenRequest {
  const iat = Math.floor(nowMs / 1000);
  const claims = {
    iss: grant.integrationKey,
    sub: grant.userId,
    aud: new URL(grant.authBaseUrl).host,
    iat,
    exp: iat + assertionSeconds,
    scope,
  };
  const signed = `${encodePart({ alg: 'RS256', typ: 'JWT' })}.${encodePart(claims)}`;
  const signature = sign('RSA-SHA256', Buffer.from(signed, 'ascii'), grant.key).toString('base64url');
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  });
  return {
    method: 'POST',
    url: `${grant.authBaseUrl}/oauth/token`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

export function docusignUserRequest(authBaseUrl: string, token: string): TokenRequest {
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
  return { method: 'GET', url: `${authBaseUrl}/oauth/userinfo`, headers, body: null };
}

/** The address where the user allows the integration, once. `redirect_uri` is left to whoever opens it. */
export function docusignConsentUrl(authBaseUrl: string, integrationKey: string): string {
  return (
    `${authBaseUrl}/oauth/auth?response_type=code&scope=${encodeURIComponent(scope)}` +
    `&client_id=${encodeURIComponent(integrationKey)}&redirect_uri=REDIRECT_URI`
  );
}

export type DocusignAccount = { accountId: string; isDefault: boolean; baseUri: string };

/** The accounts of an answer of `/oauth/userinfo`; names and addresses of people in it are not looked at. */
export function readDocusignAccounts(body: Buffer): DocusignAccount[] {
  const { accounts } = parseObject(body);
  if (!Array.isArray(accounts)) return [];
  return accounts.flatMap((each: unknown) => {
    const { account_id: accountId, is_default: isDefault, base_uri: baseUri } = (each ?? {}) as Record<string, unknown>;
    if (typeof accountId !== 'string' || !/^[\w-]{1,64}$/.test(accountId) || typeof baseUri !== 'string') return [];
    return [{ accountId, isDefault: isDefault === true || isDefault === 'true', baseUri }];
  });
}

export type AccountChoice = { ok: true; account: DocusignAccount } | { ok: false; problem: string };

/** The account that is asked for, else the user's default one, else the only one. */
export function chooseDocusignAccount(accounts: readonly DocusignAccount[], wanted: string | null): AccountChoice {
  const ids = accounts.map(({ accountId }) => accountId);
  if (accounts.length === 0) return { ok: false, problem: 'the user has no account there; check userId' };
  if (wanted !== null) {
    const account = accounts.find(({ accountId }) => accountId.toLowerCase() === wanted.toLowerCase());
    if (account !== undefined) return { ok: true, account };
    return {
      ok: false,
      problem: `the user has no account with this accountId; enter one of ${ids.slice(0, 20).join(', ')}`,
    };
  }
  const account = accounts.find(({ isDefault }) => isDefault) ?? (accounts.length === 1 ? accounts[0] : undefined);
  if (account !== undefined) return { ok: true, account };
  return {
    ok: false,
    problem: `none of the user's accounts is the default; enter accountId, one of ${ids.join(', ')}`,
  };
}

export type BaseUrlVerdict = { ok: true; baseUrl: string } | { ok: false; problem: string };

/**
 * Where calls with the token go. It came over the network, so it is judged again: one of DocuSign's own servers over
 * https and of the right environment, or loopback where the sign-in is on loopback as well (a simulator).
 */
export function docusignBaseUrl(baseUri: string, authBaseUrl: string, environment: ApiEnvironment): BaseUrlVerdict {
  const problem = 'the user information names a server that is not one of docusign.net for this environment';
  if (!URL.canParse(baseUri)) return { ok: false, problem };
  const url = new URL(baseUri);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || url.pathname !== '/') return { ok: false, problem };
  const accepted = isLoopback(new URL(authBaseUrl).hostname)
    ? isLoopback(url.hostname) && /^https?:$/.test(url.protocol)
    : url.protocol === 'https:' && url.port === '' && isDocusignHost(url.hostname, environment);
  return accepted ? { ok: true, baseUrl: `${url.origin}/restapi` } : { ok: false, problem };
}

function isDocusignHost(hostname: string, environment: ApiEnvironment): boolean {
  const isDemo = hostname === 'demo.docusign.net';
  return environment === 'sandbox' ? isDemo : !isDemo && /^[a-z\d-]+(\.[a-z\d-]+)*\.docusign\.net$/.test(hostname);
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
