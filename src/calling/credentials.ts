import { type Authorization, CredentialError } from '../authorization/authorizer.ts';
import { Problem } from '../problem.ts';
import { type Call, refusal } from './call.ts';

const none: ReadonlySet<string> = new Set();

/** Credentials that the call may not use, before the provider has refused any. */
export function exceptedAtFirst({ incoming, state }: Call): ReadonlySet<string> {
  if (incoming.credentialId === undefined) return none;
  return new Set(state.config.credentials.map(({ id }) => id).filter((id) => id !== incoming.credentialId));
}

/**
 * The headers that make the request one of the account.
 * @param except credentials that the provider has refused for this call
 * @throws Problem credential_failed
 */
export async function authorize(call: Call, except: ReadonlySet<string>): Promise<Authorization> {
  const { authorizer } = call.calling.ports;
  const { config } = call.state;
  try {
    const given = authorizer.authorize(config, except.size === 0 ? {} : { except });
    const authorization = given instanceof Promise ? await given : given;
    call.record.authorizedBy(authorization);
    return authorization;
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    const { message, retryAfterMs } = error;
    const more = retryAfterMs === null ? {} : { retryAfterSeconds: retryAfterMs / 1000 };
    const detail = `The call did not go out: ${message}${/[.!?]$/.test(message) ? '' : '.'}`;
    throw refusal(call, 'credential', new Problem('credential_failed', detail, { ...more, cause: error }));
  }
}
