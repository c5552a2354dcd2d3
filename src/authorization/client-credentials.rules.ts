import type { TokenRequest } from './token-request.ts';

export type ClientCredentials = {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope: string | null;
  audience: string | null;
  clientAuthentication: 'basic' | 'body';
};

/**
 * The request of RFC 6749 section 4.4.2. The client is authenticated by Basic, its id and secret form-encoded first
 * (section 2.3.1), or by fields of the body. `audience` is no part of the RFC, and many servers want it.
 */
export function clientCredentialsRequest(client: ClientCredentials): TokenRequest {
  const { clientId, clientSecret, scope, audience } = client;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== null) form.set('scope', scope);
  if (audience !== null) form.set('audience', audience);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (client.clientAuthentication === 'body') {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  } else {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
  }
  return { method: 'POST', url: client.tokenUrl, headers, body: form.toString() };
}

/** application/x-www-form-urlencoded, of one value. */
export function formEncode(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}
