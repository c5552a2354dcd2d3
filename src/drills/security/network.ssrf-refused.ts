import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drill } from '../drill.ts';
import type { DrillNode, Json, ScratchTeam, Stage } from '../stage.ts';
import { harmlessNames, innerUrls, playedNames, resolverModule } from './inner-addresses.rules.ts';
import { makeCertificate } from './make-certificate.ts';
import { judgeSsrf, type SsrfFacts } from './network.ssrf-refused.rules.ts';
import { startTlsServer } from './tls-servers.ts';

const dayMs = 86_400_000;
const decoyHost = '127.0.0.2';

const connectionTo = (baseUrl: string): Record<string, Json> => ({
  provider: 'generic',
  environment: 'production',
  name: 'Drill',
  baseUrl,
  credentials: [{ kind: 'bearer', fields: { token: 'a-made-up-token' } }],
});

/** Listens inside, and counts who comes. */
async function startCanary(host: string, port: number): Promise<{ count(): number; close(): Promise<void> }> {
  let count = 0;
  const server: Server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    count: () => count,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function enterUrls(node: DrillNode, team: ScratchTeam, port: number): Promise<SsrfFacts['entered']> {
  const entered: SsrfFacts['entered'][number][] = [];
  const at = `/v1/teams/${team.id}`;
  const enter = async (as: 'endpoint' | 'connection', url: string, path: string, body: Json): Promise<void> => {
    const { status, body: problem } = await node.call('POST', `${at}/${path}`, { body });
    entered.push({ url, as, status, code: typeof problem['code'] === 'string' ? problem['code'] : '' });
  };
  for (const url of innerUrls(port)) {
    await enter('endpoint', url, 'endpoints', { url, eventTypes: ['*'] });
    await enter('connection', url, 'connections', connectionTo(url));
  }
  return entered;
}

/** Names cannot be judged when they are entered: what becomes of deliveries and calls to them. */
async function meetNames(stage: Stage, node: DrillNode, team: ScratchTeam, port: number): Promise<SsrfFacts['met']> {
  const at = `/v1/teams/${team.id}`;
  await node.want('POST', `${at}/event-types`, { body: { name: 'drill.names' } });
  const endpoints = new Map<string, string>();
  const urlOf = (name: string): string =>
    `https://${name}:${port}${name.startsWith('redirects') ? '/redirect' : '/in'}`;
  const names = Object.keys(playedNames);
  for (const name of names) {
    const retry = { scheduleSeconds: [], timeoutMs: 5_000 };
    const body = { url: urlOf(name), eventTypes: ['drill.names'], retry };
    endpoints.set(String((await node.want('POST', `${at}/endpoints`, { body }))['id']), name);
  }
  await node.want('POST', `${at}/events`, { body: { type: 'drill.names', payload: { drill: true } } });
  const settled = await stage.until(async () => {
    const { data } = await node.want('GET', `${at}/deliveries?limit=100`);
    const deliveries = data as { id: string; endpointId: string; state: string }[];
    return deliveries.length === names.length && deliveries.every(({ state }) => state !== 'pending')
      ? deliveries
      : null;
  }, 30_000);
  if (settled === null) throw new Error('the deliveries were not settled in 30 s');
  const met: SsrfFacts['met'][number][] = [];
  for (const { id, endpointId } of settled) {
    const { attempts } = await node.want('GET', `${at}/deliveries/${id}`);
    const [attempt] = attempts as { status: number | null; error: string | null }[];
    const name = endpoints.get(endpointId) ?? endpointId;
    const ended = attempt?.status === null ? String(attempt.error) : String(attempt?.status);
    met.push({ name, as: 'endpoint', isHarmless: harmlessNames.has(name), ended });
  }
  for (const name of names) {
    const { id } = await node.want('POST', `${at}/connections`, { body: connectionTo(`https://${name}:${port}`) });
    const path = `/egress/${String(id)}${name.startsWith('redirects') ? '/redirect' : '/in'}`;
    const { status, headers } = await node.call('GET', path, { key: team.key });
    const call = headers.get('posthorn-call-id') ?? 'none';
    const error = await stage.until(async () => {
      const found = await node.call('GET', `${at}/calls/${call}`);
      return typeof found.body['error'] === 'string' ? found.body['error'] : status < 500 ? '' : null;
    }, 5_000);
    const ended = error === null || error === '' ? String(status) : error;
    met.push({ name, as: 'connection', isHarmless: harmlessNames.has(name), ended });
  }
  return met;
}

export const ssrfRefused: Drill = {
  checkId: 'network.ssrf-refused',
  subject: 'gateway',
  version: 1,
  does: 'Enters URLs and names that lead inside on a second gateway in production mode, with canaries listening there.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const nowMs = Date.now();
    const validity = { fromMs: nowMs - dayMs, toMs: nowMs + dayMs };
    const authority = makeCertificate({ name: 'drill authority', names: [], issuer: null, ...validity });
    const dnsNames = Object.keys(playedNames).map((name) => `DNS:${name}`);
    const certificate = makeCertificate({ name: 'decoy', names: dnsNames, issuer: authority, ...validity });
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-drill-ca-'));
    const redirectTo = (port: number): string => `https://127.0.0.1:${port}/inside`;
    const decoy = await startTlsServer(certificate, 'TLSv1.3', { host: decoyHost, redirectTo });
    const canaries = [await startCanary('127.0.0.1', decoy.port)];
    try {
      canaries.push(await startCanary('::1', decoy.port));
    } catch {
      stage.note('this machine has no IPv6: nothing listens at ::1');
    }
    try {
      const caFile = join(folder, 'ca.pem');
      await writeFile(caFile, authority.certPem);
      const node = await stage.node({
        environment: {
          POSTHORN_ENV: 'production',
          POSTHORN_MASTER_KEY: randomBytes(32).toString('base64'),
          POSTHORN_PUBLIC_URL: 'https://posthorn.drill.test',
          POSTHORN_ALLOW_NETWORKS: `${decoyHost}/32`,
          POSTHORN_CA_FILE: caFile,
          NODE_OPTIONS: `--import=${resolverModule()}`,
        },
      });
      const team = await node.team();
      const entered = await enterUrls(node, team, decoy.port);
      stage.note('entered URLs that lead inside', { urls: entered.length });
      stage.progress(1, 2);
      const met = await meetNames(stage, node, team, decoy.port);
      for (const { name, as, ended } of met) stage.note(`met a name as ${as}`, { name, ended });
      const canaryReached = canaries.reduce((sum, canary) => sum + canary.count(), 0);
      const decoyReached = decoy.requests('/in') + decoy.requests('/redirect');
      return judgeSsrf({ entered, met, canaryReached, decoyReached });
    } finally {
      for (const canary of canaries) await canary.close();
      await decoy.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
