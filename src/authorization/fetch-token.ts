import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ConnectionConfig, ConnectionCredential } from '../connections/connection-config.ts';
import { readPrivateKey } from '../connections/private-key.rules.ts';
import { CredentialError } from './authorizer.ts';
import { clientCredentialsRequest } from './client-credentials.rules.ts';
import { type CredentialValues, demandValue, nameOf } from './credential-values.ts';
import {
  chooseDocusignAccount,
  docusignAuthBaseUrls,
  docusignBaseUrl,
  docusignConsentUrl,
  docusignTokenRequest,
  docusignUserRequest,
  readDocusignAccounts,
} from './docusign-jwt.rules.ts';
import { readTokenAnswer, type TokenReading } from './token-answer.rules.ts';
import type { Token } from './token-keeper.ts';
import { tokenLife } from './token-life.rules.ts';
import { judgeTokenPlace } from './token-place.rules.ts';
import { type TokenAnswer, TokenRequestFailure, type TokenRequest, type TokenRequester } from './token-request.ts';

type Fetching = {
  connection: ConnectionConfig;
  credential: ConnectionCredential;
  values: CredentialValues;
  request: TokenRequester;
  clock: Clock;
};

/** Fetches a token for a credential that is exchanged for one. Rejects with a CredentialError. */
export async function fetchToken(fetching: Fetching): Promise<Token> {
  if (fetching.credential.kind === 'docusign-jwt') return fetchDocusignToken(fetching);
  return fetchClientToken(fetching);
}

/**
 * Asks for a token and keeps none: what the server says to the credential alone. Rejects with a CredentialError when there is
 * no answer, or nothing to ask with.
 */
export async function askForToken(fetching: Fetching): Promise<{ reading: TokenReading; status: number }> {
  const isDocusign = fetching.credential.kind === 'docusign-jwt';
  const answer = await ask(fetching, isDocusign ? docusignGrant(fetching).request : clientRequest(fetching));
  return { reading: readTokenAnswer(answer), status: answer.status };
}

async function fetchClientToken(fetching: Fetching): Promise<Token> {
  const request = clientRequest(fetching);
  const askedAtMs = fetching.clock.now();
  const reading = readTokenAnswer(await ask(fetching, request));
  if (reading.kind !== 'token') throw refusal(fetching, hostOf(request.url), reading);
  return { token: reading.token, baseUrl: null, life: tokenLife(reading.expiresIn, askedAtMs) };
}

function clientRequest(fetching: Fetching): TokenRequest {
  const { credential, values } = fetching;
  const demand = (name: string): string => demandValue(credential, values, name);
  return clientCredentialsRequest({
    tokenUrl: placeOf(fetching, 'tokenUrl', demand('tokenUrl')),
    clientId: demand('clientId'),
    clientSecret: demand('clientSecret'),
    scope: values['scope'] || null,
    audience: values['audience'] || null,
    clientAuthentication: values['clientAuthentication'] === 'body' ? 'body' : 'basic',
  });
}

async function fetchDocusignToken(fetching: Fetching): Promise<Token> {
  const { credential, clock } = fetching;
  const askedAtMs = clock.now();
  const { authBaseUrl, integrationKey, request } = docusignGrant(fetching);
  const reading = readTokenAnswer(await ask(fetching, request));
  if (reading.kind === 'refused' && reading.error === 'consent_required') {
    throw new CredentialError(
      'consent_required',
      `${nameOf(credential)}: the user has not allowed the integration yet. Have that user open ` +
        `${docusignConsentUrl(authBaseUrl, integrationKey)} once and accept; instead of REDIRECT_URI put a redirect ` +
        'URI that is registered for the integration key, percent-encoded',
    );
  }
  if (reading.kind !== 'token') throw refusal(fetching, hostOf(authBaseUrl), reading);
  const baseUrl = await findAccount(fetching, authBaseUrl, reading.token);
  return { token: reading.token, baseUrl, life: tokenLife(reading.expiresIn, askedAtMs) };
}

function docusignGrant(fetching: Fetching): { authBaseUrl: string; integrationKey: string; request: TokenRequest } {
  const { connection, credential, values, clock } = fetching;
  const demand = (name: string): string => demandValue(credential, values, name);
  const ofEnvironment = docusignAuthBaseUrls[connection.environment];
  const authBaseUrl = placeOf(fetching, 'authBaseUrl', values['authBaseUrl'] || ofEnvironment).replace(/\/+$/, '');
  const integrationKey = demand('integrationKey');
  // A value was looked at when it was entered; what a reference leads to was not.
  const read = readPrivateKey(demand('privateKey'));
  if (!read.ok) throw unusable(fetching, `privateKey ${read.problem}`);
  const grant = { authBaseUrl, integrationKey, userId: demand('userId'), key: createPrivateKey(read.pem) };
  return { authBaseUrl, integrationKey, request: docusignTokenRequest(grant, clock.now()) };
}

/** Where the account of the token lives; null where the connection says that itself. */
async function findAccount(fetching: Fetching, authBaseUrl: string, token: string): Promise<string | null> {
  const { connection, values } = fetching;
  const host = hostOf(authBaseUrl);
  const answer = await ask(fetching, docusignUserRequest(authBaseUrl, token));
  if (answer.status !== 200) {
    const what = `${host} answered ${answer.status} when asked for the user's accounts`;
    throw new CredentialError(answer.status === 401 || answer.status === 403 ? 'rejected' : 'unreachable', what);
  }
  const option = connection.options['accountId'];
  const wanted = values['accountId'] || (typeof option === 'string' && option !== '' ? option : null);
  const choice = chooseDocusignAccount(readDocusignAccounts(answer.body), wanted);
  if (!choice.ok) throw new CredentialError('rejected', `${nameOf(fetching.credential)}: ${choice.problem}`);
  if (connection.baseUrl !== null) return null;
  const verdict = docusignBaseUrl(choice.account.baseUri, authBaseUrl, connection.environment);
  if (!verdict.ok) throw unusable(fetching, verdict.problem);
  return verdict.baseUrl;
}

async function ask(fetching: Fetching, request: TokenRequest): Promise<TokenAnswer> {
  try {
    return await fetching.request(request);
  } catch (error) {
    const what = error instanceof TokenRequestFailure ? error.message : 'did not answer';
    throw new CredentialError('unreachable', `${nameOf(fetching.credential)}: ${hostOf(request.url)} ${what}`);
  }
}

function placeOf(fetching: Fetching, field: string, text: string): string {
  const verdict = judgeTokenPlace(text);
  if (verdict.ok) return verdict.url.href;
  throw unusable(fetching, `${field} ${verdict.problem}`);
}

function refusal(fetching: Fetching, host: string, reading: Exclude<TokenReading, { kind: 'token' }>): CredentialError {
  const detail = `${nameOf(fetching.credential)}: ${host} ${reading.problem}`;
  if (reading.kind === 'unusable') return new CredentialError('unusable', detail);
  const more = reading.retryAfterMs === null ? {} : { retryAfterMs: reading.retryAfterMs };
  return new CredentialError(reading.kind === 'refused' ? 'rejected' : 'unreachable', detail, more);
}

function unusable({ credential }: Fetching, problem: string): CredentialError {
  return new CredentialError('unusable', `${nameOf(credential)}: ${problem}`);
}

function hostOf(url: string): string {
  return new URL(url).host;
}
