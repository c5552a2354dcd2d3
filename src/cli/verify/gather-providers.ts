import type { ApiClient } from '../api/api-client.ts';
import type { ConnectionAnswer } from '../connections/connection-answers.ts';
import { CliFailure } from '../failure.ts';
import type { AddressAnswer, ProviderFacts } from './provider-lines.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

type HealthAnswer = { connections: (NonNullable<ProviderFacts['health']> & { id: string })[] };

const provider = 'documenso';
const apiCheck = 'documenso.api.answers-200';
const addressWithinMs = 5_000;

/**
 * What is to be seen of each Documenso connection of an environment, beside what the gateway has just measured: its
 * credentials and its health by the API, and its webhook's address from here.
 * @param only ids of those that are meant; null: all
 */
export async function gatherProviders(
  { api, path }: { api: ApiClient; path: string },
  measured: readonly VerifiedCheck[],
  { environment, only }: { environment: 'sandbox' | 'production'; only: readonly string[] | null },
): Promise<ProviderFacts[]> {
  const { data } = await api.request<{ data: ConnectionAnswer[] }>('GET', `${path}/connections?limit=500`);
  const own = data.filter((each) => each.provider === provider && each.environment === environment);
  const stranger = only?.find((id) => !own.some((each) => each.id === id));
  if (stranger !== undefined) {
    throw new CliFailure(`${stranger} is no Documenso connection to ${environment}`, 'see posthorn connections list');
  }
  const meant = own.filter(({ id }) => only?.includes(id) ?? true);
  if (meant.length === 0) return [];
  const health = await api.request<HealthAnswer>('GET', `/health/${provider}`);
  return Promise.all(
    meant.map(async ({ id, name, credentials, sources }) => ({
      connection: { id, name, credentials },
      api: measured.find(({ check, subject }) => check === apiCheck && subject.id === id) ?? null,
      addresses: await Promise.all(
        sources.map(async (source) => {
          const { url } = await api.request<{ url: string }>('GET', `${path}/sources/${encodeURIComponent(source)}`);
          return askAddress(source, url);
        }),
      ),
      health: health.connections.find((each) => each.id === id) ?? null,
    })),
  );
}

/** With GET, which sources refuse: nothing is stored. A redirect would not be followed by the provider either. */
async function askAddress(source: string, url: string): Promise<AddressAnswer> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(addressWithinMs) });
    await answer.body?.cancel();
    return { source, status: answer.status, isPosthorn: answer.headers.has('posthorn-request-id'), error: null };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const why = isLate ? `no answer within ${addressWithinMs / 1000} s` : (cause?.code ?? 'it cannot be reached');
    return { source, status: null, isPosthorn: false, error: why };
  }
}
