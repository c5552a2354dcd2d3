import type { DocusignAccount } from '../../docusign/envelope.rules.ts';
import { alphabets, characters, type Random, uuid } from '../../random.rules.ts';
import { htmlAnswer, jsonAnswer, redirect } from '../answers.rules.ts';
import { createKept } from '../kept.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import type { ServedAnswer, ServedRequest } from '../served.ts';
import { judgeAssertion } from './jwt-grant.rules.ts';

type Options = {
  random: Random;
  account: DocusignAccount;
  integrationKey: string;
  publicKeyPem: string;
  /** Beside the host that a client calls. */
  audiences: readonly string[];
  isConsentGiven: boolean;
  tokenLifetimeSeconds: number;
};

export type AccountServer = {
  routes: RouteTable;
  /** Whether the request carries a token that is known and has not expired. */
  isAuthorized: (request: ServedRequest) => boolean;
  setConsent: (given: boolean) => void;
  /** No token that was given out holds any more. */
  expireTokens: () => void;
  /** A token as the grant would give it, without the grant. */
  issueToken: (nowMs: number) => string;
};

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const needed = ['signature', 'impersonation'];

/** DocuSign's account server: consent, the JWT grant and user information. See its section of the provider facts. */
export function createAccountServer(options: Options): AccountServer {
  const { random, account, integrationKey, tokenLifetimeSeconds } = options;
  let tokens = createKept<{ expiresAtMs: number }>({ most: 10_000, mostBytes: Number.POSITIVE_INFINITY });
  let isConsentGiven = options.isConsentGiven;
  const organizationId = uuid(random);

  function issueToken(nowMs: number): string {
    const token = characters(random, 64, alphabets.mixed);
    tokens.put(token, { expiresAtMs: nowMs + tokenLifetimeSeconds * 1000 }, 0);
    return token;
  }

  function isAuthorized({ headers, nowMs }: ServedRequest): boolean {
    const token = /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    const expiresAtMs = token === undefined ? undefined : tokens.find(token)?.expiresAtMs;
    return expiresAtMs !== undefined && expiresAtMs > nowMs;
  }

  function grant(request: ServedRequest): ServedAnswer {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const sent = request.headers.get('content-type') ?? '';
    if (!sent.startsWith('application/x-www-form-urlencoded')) return oauthError('invalid_request', 'send a form');
    if (form.get('grant_type') !== grantType) {
      return oauthError('unsupported_grant_type', 'only the JWT grant is simulated');
    }
    const host = request.headers.get('host') ?? '';
    const audiences = [...options.audiences, host, host.replace(/:\d+$/, '')];
    const registered = {
      publicKeyPem: options.publicKeyPem,
      integrationKey,
      userId: account.userId,
      audiences,
    };
    const judged = judgeAssertion(form.get('assertion') ?? '', registered, request.nowMs / 1000);
    if (!judged.ok) return oauthError('invalid_grant', judged.description);
    const scopes = judged.scope.split(/[ +]/);
    if (!isConsentGiven || !needed.every((scope) => scopes.includes(scope))) {
      return oauthError('consent_required', 'the user has to allow it once: open /oauth/auth');
    }
    return jsonAnswer(200, {
      access_token: issueToken(request.nowMs),
      token_type: 'Bearer',
      expires_in: tokenLifetimeSeconds,
      scope: judged.scope,
    });
  }

  /** Whoever opens the page consents: there is nobody to ask. */
  function consent({ query }: ServedRequest): ServedAnswer {
    const scopes = (query.get('scope') ?? '').split(/[ +]/);
    const problem =
      query.get('client_id') !== integrationKey
        ? 'client_id is not the integration key'
        : query.get('response_type') !== 'code'
          ? 'response_type is not code'
          : needed.every((scope) => scopes.includes(scope))
            ? null
            : 'scope is not "signature impersonation"';
    if (problem !== null) return htmlAnswer(400, `<!doctype html><title>Error</title><p>${problem}</p>`);
    isConsentGiven = true;
    const back = query.get('redirect_uri') ?? '';
    const url = URL.canParse(back) ? new URL(back) : null;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      return htmlAnswer(200, '<!doctype html><title>Consent</title><p>Consent is given. You can close this page.</p>');
    }
    url.searchParams.set('code', characters(random, 32, alphabets.mixed));
    const state = query.get('state');
    if (state !== null) url.searchParams.set('state', state);
    return redirect(url.href);
  }

  function userInformation(request: ServedRequest): ServedAnswer {
    if (!isAuthorized(request)) return jsonAnswer(401, { error: 'invalid_token' });
    const { name, email } = account.sender;
    const [given = '', ...family] = name.split(' ');
    return jsonAnswer(200, {
      sub: account.userId,
      name,
      given_name: given,
      family_name: family.join(' '),
      email,
      created: '2024-01-31T12:00:00.0000000',
      accounts: [
        {
          account_id: account.accountId,
          is_default: true,
          account_name: 'Simulated Account',
          base_uri: request.origin,
          organization: { organization_id: organizationId, links: [] },
        },
      ],
    });
  }

  return {
    routes: {
      'GET /oauth/auth': consent,
      'POST /oauth/token': grant,
      'GET /oauth/userinfo': userInformation,
    },
    isAuthorized,
    issueToken,
    setConsent(given) {
      isConsentGiven = given;
    },
    expireTokens() {
      tokens = createKept({ most: 10_000, mostBytes: Number.POSITIVE_INFINITY });
    },
  };
}

function oauthError(error: string, description: string): ServedAnswer {
  return jsonAnswer(400, { error, error_description: description });
}
