import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RigProcess, startProcess } from './processes.ts';

const operatorKey = 'bench-operator-key-0123456789abcdef0123456789';

/** The product as a user runs it: `posthorn up` in its own process, with its own defaults. */
export type RigPosthorn = RigProcess & {
  url: string;
  call<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A team with one event type and `endpoints`; its key may only post events. */
  makeTeam(options: {
    types: string[];
    endpoints: { url: string; eventTypes?: string[]; concurrency?: number }[];
  }): Promise<{ teamId: string; key: string; eventsUrl: string; endpointIds: string[] }>;
  /** A source and the URL that its provider posts to. */
  makeSource(teamId: string, provider: string, credential: { kind: string; value: string }): Promise<{ url: string }>;
  /** A generic connection whose policy does not limit, the URL to call through it, and a key that may call. */
  makeConnection(teamId: string, baseUrl: string): Promise<{ id: string; url: string; key: string }>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
};

/** @param env settings beside those of every run */
export async function startPosthorn(databaseUrl: string, env: Record<string, string> = {}): Promise<RigPosthorn> {
  const port = await freePort();
  const dataFolder = mkdtempSync(join(tmpdir(), 'posthorn-bench-data-'));
  const url = `http://127.0.0.1:${port}`;
  const child = await startProcess({
    command: process.execPath,
    // As `npm start` and the packaged command start it.
    args: ['--max-semi-space-size=32', 'src/cli/posthorn.ts', 'up'],
    env: {
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      POSTHORN_DATA: dataFolder,
      POSTHORN_OPERATOR_KEY: operatorKey,
      POSTHORN_LOG_LEVEL: 'warn',
      ...env,
    },
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  });
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  return {
    ...child,
    url,
    call,
    async stop() {
      await child.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
    async makeTeam({ types, endpoints }) {
      const team = await call<{ id: string }>('POST', '/v1/teams', { name: 'bench' });
      for (const name of types) await call('POST', `/v1/teams/${team.id}/event-types`, { name });
      const endpointIds: string[] = [];
      for (const endpoint of endpoints) {
        const made = await call<{ id: string }>('POST', `/v1/teams/${team.id}/endpoints`, {
          eventTypes: ['*'],
          ...endpoint,
        });
        endpointIds.push(made.id);
      }
      const { key } = await call<{ key: string }>('POST', `/v1/teams/${team.id}/api-keys`, {
        name: 'bench',
        permissions: ['events:write'],
      });
      return { teamId: team.id, key, eventsUrl: `${url}/v1/teams/${team.id}/events`, endpointIds };
    },
    async makeSource(teamId, provider, credential) {
      const source = { provider, name: 'bench', credentials: [credential] };
      const { id } = await call<{ id: string }>('POST', `/v1/teams/${teamId}/sources`, source);
      const sourceUrl = `${url}/in/${id}`;
      // Nodes learn of a source by notification, a moment after it was made.
      for (let tries = 0; (await fetch(sourceUrl)).status === 404; tries += 1) {
        if (tries === 100) throw new Error(`the source ${id} does not become known`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return { url: sourceUrl };
    },
    async makeConnection(teamId, baseUrl) {
      const { id } = await call<{ id: string }>('POST', `/v1/teams/${teamId}/connections`, {
        provider: 'generic',
        environment: 'sandbox',
        name: 'bench',
        baseUrl,
        selfHosted: true,
        credentials: [{ kind: 'bearer', fields: { token: 'bench-token' } }],
        policy: {
          concurrency: { most: 256, waiting: 1_000, waitMs: 30_000 },
          breaker: { failureRatio: 1, minimumCalls: 100_000 },
          polling: { mode: 'off' },
        },
      });
      const { key } = await call<{ key: string }>('POST', `/v1/teams/${teamId}/api-keys`, {
        name: 'bench',
        permissions: ['connections:call'],
      });
      return { id, url: `${url}/egress/${id}`, key };
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
      if (value === undefined) throw new Error(`there is no metric ${name}`);
      return Number(value);
    },
  };
}
