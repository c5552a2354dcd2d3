import { operatorKey } from './posthorn-process.ts';

export type Answer<Body = Record<string, unknown>> = { status: number; headers: Headers; body: Body };

/** The API of a Posthorn at `url()`, which may change from call to call. */
export type Api = {
  /** Any answer at all; rejects only when none came. */
  ask<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    more?: AskMore,
  ): Promise<Answer<Body>>;
  /** An answer of 2xx, or an error that shows the other one. */
  call<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body>;
};
type AskMore = { headers?: Record<string, string>; timeoutMs?: number };

export function createApi(url: () => string, key = operatorKey): Api {
  const ask: Api['ask'] = async <Body>(method: string, path: string, body?: unknown, more: AskMore = {}) => {
    const response = await fetch(url() + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(more.timeoutMs ?? 60_000),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  };
  return {
    ask,
    async call<Body>(method: string, path: string, body?: unknown) {
      const answer = await ask<Body>(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    },
  };
}

export type EndpointInput = { url: string; eventTypes: string[] } & Record<string, unknown>;

/** A team with event types and endpoints; the ids of the endpoints in the order given. */
export async function makeTeam(
  api: Api,
  options: { types: string[]; endpoints: EndpointInput[]; name?: string },
): Promise<{ teamId: string; endpointIds: string[] }> {
  const team = await api.call<{ id: string }>('POST', '/v1/teams', { name: options.name ?? 'test' });
  for (const name of options.types) await api.call('POST', `/v1/teams/${team.id}/event-types`, { name });
  const endpointIds: string[] = [];
  for (const endpoint of options.endpoints) {
    const made = await api.call<{ id: string }>('POST', `/v1/teams/${team.id}/endpoints`, endpoint);
    endpointIds.push(made.id);
  }
  return { teamId: team.id, endpointIds };
}
