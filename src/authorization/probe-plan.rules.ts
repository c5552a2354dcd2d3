import type { ConnectionConfig, ConnectionCredential } from '../connections/connection-config.ts';
import { type ProbeAnswer, readProbeStatus } from '../connections/closing-probe.rules.ts';
import { docusignAuthBaseUrls } from './docusign-jwt.rules.ts';
import type { TokenReading } from './token-answer.rules.ts';
import { isLoopback } from './token-place.rules.ts';

/** How a removed credential is tried: by asking for a token, by a GET, or not at all. */
export type ProbePlan = { kind: 'token' } | { kind: 'read'; url: string } | { kind: 'no-read' };

/**
 * The harmless read of `posthorn connections check`. At DocuSign it is the user information, since that call is left out of its
 * review of calls, and the read of an account is not.
 */
export function planProbe(
  { profile, environment, baseUrl, options }: ConnectionConfig,
  credential: ConnectionCredential,
): ProbePlan {
  const { kind } = credential;
  if (kind === 'oauth-client-credentials' || kind === 'docusign-jwt') return { kind: 'token' };
  if (profile.name === 'docusign') {
    const own = baseUrl === null ? null : new URL(baseUrl);
    const authBaseUrl = own !== null && isLoopback(own.hostname) ? own.origin : docusignAuthBaseUrls[environment];
    return { kind: 'read', url: `${authBaseUrl}/oauth/userinfo` };
  }
  const path = profile.check(options)?.path;
  return path === undefined || baseUrl === null ? { kind: 'no-read' } : { kind: 'read', url: baseUrl + path };
}

/** Errors by which a token endpoint refuses who asks (RFC 6749 section 5.2, RFC 7523 section 3.1): others are about the request. */
const refusals: ReadonlySet<string> = new Set(['invalid_client', 'invalid_grant', 'unauthorized_client']);

/** What the answer of a token endpoint says of the credential: a missing consent, or a wrong scope, says nothing. */
export function readProbeToken({ reading, status }: { reading: TokenReading; status: number }): ProbeAnswer {
  if (reading.kind === 'token') return { kind: 'accepted', status };
  const error = reading.kind === 'refused' ? reading.error : null;
  if (error !== null) return { kind: refusals.has(error) ? 'refused' : 'unclear', status };
  return status === 401 || status === 403 ? readProbeStatus(status) : { kind: 'unclear', status };
}
