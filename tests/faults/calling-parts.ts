import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Api, makeTeam } from '../support/api.ts';
import { type Answer, type CallOptions, send } from '../support/calling-stand.ts';
import type { StartOptions } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { posthornForTest } from './stand.ts';

/** A call as the API shows it; no more of it than tests look at. */
export type ShownCall = {
  id: string;
  connectionId: string;
  path: string;
  outcome: 'running' | 'succeeded' | 'failed' | 'unknown';
  status: number | null;
  answered: number | null;
  error: string | null;
  tryCount: number | null;
  responseBytes: number | null;
};
type ShownTry = { status: number | null; error: string | null };
type CallDetail = ShownCall & { tries: ShownTry[]; rateHeaders: Record<string, string> | null };

/** The calling side of a Posthorn over its API. */
export type CallingApi = {
  api: Api;
  teamId: string;
  port: () => number;
  /** Makes a connection to a generic API with a bearer token, unless `input` says otherwise. @returns its id */
  connect(baseUrl: string, input?: Record<string, unknown>): Promise<string>;
  /** An API key of the team. */
  keyFor(permissions: string[], more?: Record<string, unknown>): Promise<string>;
  /** Rejects when no whole answer comes. */
  call(connectionId: string, path: string, options?: CallOptions): Promise<Answer>;
  /** All calls on record, the newest first, once there are so many and none is running any more. */
  ledger(connectionId: string, count: number): Promise<ShownCall[]>;
  detail(callId: string): Promise<CallDetail>;
};

export const providerToken = 'token-of-the-provider';

export async function callingApiOf(api: Api, url: () => string): Promise<CallingApi> {
  const { teamId } = await makeTeam(api, { types: [], endpoints: [] });
  const port = (): number => Number(new URL(url()).port);
  const keyFor: CallingApi['keyFor'] = async (permissions, more = {}) => {
    const made = { name: 'application', permissions, ...more };
    return (await api.call<{ key: string }>('POST', `/v1/teams/${teamId}/api-keys`, made)).key;
  };
  const key = await keyFor(['connections:call']);
  return {
    api,
    teamId,
    port,
    keyFor,
    async connect(baseUrl, input = {}) {
      const body = {
        provider: 'generic',
        environment: 'sandbox',
        name: 'Provider',
        baseUrl,
        credentials: [{ kind: 'bearer', fields: { token: providerToken } }],
        ...input,
      };
      return (await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/connections`, body)).id;
    },
    call: (connectionId, path, options = {}) => send(port(), `/egress/${connectionId}${path}`, { key, ...options }),
    ledger: (connectionId, count) =>
      until(`${count} calls to be on record as ended`, async () => {
        const calls = await listCalls(api, teamId, connectionId);
        const isSettled = calls.length >= count && calls.every(({ outcome }) => outcome !== 'running');
        return isSettled ? calls : null;
      }),
    detail: (callId) => api.call<CallDetail>('GET', `/v1/teams/${teamId}/calls/${callId}`),
  };
}

/** A Posthorn that ends with the test, and the calling side of it. */
export async function callingForTest(options: Partial<StartOptions> = {}) {
  const { posthorn, api, dataFolder } = await posthornForTest(options);
  return { posthorn, dataFolder, ...(await callingApiOf(api, () => posthorn.url)) };
}

/** Every page. */
export async function listCalls(api: Api, teamId: string, connectionId: string): Promise<ShownCall[]> {
  const calls: ShownCall[] = [];
  let cursor: string | null = null;
  do {
    const page: { data: ShownCall[]; nextCursor: string | null } = await api.call(
      'GET',
      `/v1/teams/${teamId}/calls?connection=${connectionId}&limit=100${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    calls.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return calls;
}

/** A provider that ends with the test; `answer` gets each request before its body is read. */
export async function providerForTest(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; port: number }> {
  const server = createServer({ requestTimeout: 0 }, answer);
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** The call that an answer belongs to. */
export function callIdOf({ headers }: Answer): string {
  return String(headers['posthorn-call-id']);
}
