import { generateKeyPairSync } from 'node:crypto';
import type { Answer, Json, ReceivedRequest } from '../stage.ts';
import type { SubjectConnection } from './twin-connection.ts';

type ExchangedKind = 'oauth-client-credentials' | 'docusign-jwt';

/** The kind of the connection's newest credential, where it is exchanged for a token; null for all others. */
export function callingKindOf({ credentials }: SubjectConnection): ExchangedKind | null {
  const kind = credentials?.[0]?.kind;
  return kind === 'oauth-client-credentials' || kind === 'docusign-jwt' ? kind : null;
}

/** A credential for `tokenServer` at this address; its tokens hold its name as `drill-<name>`. */
export function exchangedCredential(kind: ExchangedKind, name: string, url: string): Json {
  const client = `drill-${name}`;
  if (kind === 'oauth-client-credentials') {
    const fields = { tokenUrl: `${url}/oauth/token`, clientId: client, clientSecret: `secret-of-${client}` };
    return { name, kind, fields: { ...fields, clientAuthentication: 'body' } };
  }
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { name, kind, fields: { integrationKey: client, userId: 'drill-user', privateKey, authBaseUrl: url } };
}

/** Gives tokens to whoever asks, and says where DocuSign's account is; everything else is answered by `api`. */
export function tokenServer(api: (request: ReceivedRequest) => ReturnType<Answer>): Answer {
  return (request) => {
    const json = (body: Json): ReturnType<Answer> => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (request.path === '/oauth/token') {
      return json({ access_token: `token-of-${clientOf(request)}`, token_type: 'Bearer', expires_in: 3_600 });
    }
    if (request.path !== '/oauth/userinfo') return api(request);
    const account = {
      account_id: 'drill',
      is_default: true,
      account_name: 'Drill',
      base_uri: 'https://demo.docusign.net',
    };
    return json({ sub: 'drill-user', accounts: [account] });
  };
}

/** Who asks: the client of RFC 6749, or who has issued the assertion of RFC 7523. */
function clientOf({ body }: ReceivedRequest): string {
  const form = new URLSearchParams(Buffer.from(body).toString());
  const [, claims = ''] = (form.get('assertion') ?? '').split('.');
  if (claims === '') return form.get('client_id') ?? '';
  const { iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss?: unknown };
  return typeof iss === 'string' ? iss : '';
}
