import type { Clock } from '../clock.ts';
import type { CredentialProbe } from '../connections/closing-probe.ts';
import { readProbeStatus } from '../connections/closing-probe.rules.ts';
import type { CredentialField } from '../connections/connection-config.ts';
import type { Egress } from '../egress/create-egress.ts';
import { CredentialError } from './authorizer.ts';
import { FieldError } from './field-error.ts';
import { askForToken } from './fetch-token.ts';
import { planProbe, readProbeToken } from './probe-plan.rules.ts';
import { createStaticAuthorizations } from './static-authorization.ts';
import { createTokenRequester } from './token-requester.ts';

const timeouts = { firstByteMs: 10_000, idleMs: 10_000, totalMs: 15_000 };

/**
 * Tries credentials that calls are made with no more: over the guarded egress, one request for each, of whose answer only the
 * status is looked at. What a credential refers to is not read: it may be another by now.
 */
export function createCredentialProbe({
  egress,
  clock,
}: {
  egress: Pick<Egress, 'upstream'>;
  clock: Clock;
}): CredentialProbe {
  const request = createTokenRequester(egress);
  return async (connection, credential) => {
    const plan = planProbe(connection, credential);
    if (plan.kind === 'no-read') return 'no-read';
    try {
      if (plan.kind === 'token') {
        const values = Object.fromEntries(
          Object.entries(credential.fields).map(([name, field]) => [name, valueOf(field)]),
        );
        return readProbeToken(await askForToken({ connection, credential, values, request, clock }));
      }
      const statics = createStaticAuthorizations({ read: valueOf, reread: () => false });
      const { headers } = await statics.authorize(credential);
      const status = await readStatus(egress, plan.url, headers);
      return status === null ? { kind: 'unclear', status } : readProbeStatus(status);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      return { kind: 'unclear', status: null };
    }
  };
}

function valueOf(field: CredentialField): string {
  if ('value' in field) return field.value;
  throw new FieldError('it is read elsewhere, where it may be another by now');
}

/** The status of a GET, whose body nobody reads; null when no answer came. */
async function readStatus(
  egress: Pick<Egress, 'upstream'>,
  url: string,
  headers: readonly string[],
): Promise<number | null> {
  const { origin, pathname, search } = new URL(url);
  const upstream = egress.upstream({ origin, maxConnections: 1 });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  upstream.exchange(
    {
      method: 'GET',
      path: pathname + search,
      headers: ['user-agent', 'Posthorn', 'accept', 'application/json', ...headers],
      body: null,
      timeouts,
    },
    { onHead: resolve, onData: () => true, onEnd: () => resolve(null), onFailure: () => resolve(null) },
  );
  try {
    return await promise;
  } finally {
    upstream.abort();
  }
}
