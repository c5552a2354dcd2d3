import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import type { Drill } from '../drill.ts';
import type { DrillNode, Stage } from '../stage.ts';
import { type Certificate, makeCertificate } from './make-certificate.ts';
import { shakeHands, startTlsServer, type TlsServer } from './tls-servers.ts';
import { judgeTls, type MetServer, type PublicAddress } from './transport.tls-floor-both-ways.rules.ts';

const dayMs = 86_400_000;
const oldVersions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1'];
const versions: readonly SecureVersion[] = [...oldVersions, 'TLSv1.2', 'TLSv1.3'];
const deliveredAt = '/delivered';
const calledAt = '/called';

type Named = { called: string; isSound: boolean; server: TlsServer };

/** Servers of each version, and servers with certificates that nobody should accept. */
async function startServers(authority: Certificate, nowMs: number, made: TlsServer[]): Promise<Named[]> {
  const valid = { names: ['IP:127.0.0.1', 'DNS:localhost'], fromMs: nowMs - dayMs, toMs: nowMs + 30 * dayMs };
  const issue = (more: Partial<Parameters<typeof makeCertificate>[0]>): Certificate =>
    makeCertificate({ name: 'drill server', issuer: authority, ...valid, ...more });
  const sound = issue({});
  const start = async (called: string, isSound: boolean, certificate: Certificate, version: SecureVersion) => {
    const server = await startTlsServer(certificate, version);
    made.push(server);
    return { called, isSound, server };
  };
  const expired = issue({ fromMs: nowMs - 9 * dayMs, toMs: nowMs - dayMs });
  const otherName = issue({ names: ['DNS:another.example'] });
  const selfSigned = issue({ name: 'self-signed', issuer: null });
  return [
    ...(await Promise.all(
      versions.map((each) => start(`a server of ${each}`, !oldVersions.includes(each), sound, each)),
    )),
    await start('a server whose certificate has expired', false, expired, 'TLSv1.3'),
    await start('a server whose certificate is of another name', false, otherName, 'TLSv1.3'),
    await start('a server whose certificate is self-signed', false, selfSigned, 'TLSv1.3'),
  ];
}

/** One event to all of them, and one call to each. */
async function meetServers(stage: Stage, node: DrillNode, servers: readonly Named[]): Promise<MetServer[]> {
  const { id, key } = await node.team();
  const at = `/v1/teams/${id}`;
  await node.want('POST', `${at}/event-types`, { body: { name: 'drill.tls' } });
  for (const { server } of servers) {
    const retry = { scheduleSeconds: [], timeoutMs: 5_000 };
    await node.want('POST', `${at}/endpoints`, { body: { url: server.url + deliveredAt, eventTypes: ['*'], retry } });
  }
  await node.want('POST', `${at}/events`, { body: { type: 'drill.tls', payload: { drill: true } } });
  for (const { server } of servers) {
    const connection = await node.want('POST', `${at}/connections`, {
      body: {
        provider: 'generic',
        environment: 'sandbox',
        name: 'Drill',
        baseUrl: server.url,
        credentials: [{ kind: 'bearer', fields: { token: 'a-made-up-token' } }],
      },
    });
    await node.call('GET', `/egress/${String(connection['id'])}${calledAt}`, { key });
  }
  await stage.until(async () => {
    const { data } = await node.want('GET', `${at}/deliveries?state=pending`);
    return (data as unknown[]).length === 0 ? true : null;
  }, 20_000);
  return servers.flatMap(({ called, isSound, server }) => [
    { called, isSound, way: 'delivery' as const, requests: server.requests(deliveredAt) },
    { called, isSound, way: 'call' as const, requests: server.requests(calledAt) },
  ]);
}

/** The address that providers are told, as a source of a team made for this shows it. */
async function lookAtPublicAddress(stage: Stage): Promise<PublicAddress> {
  const team = await stage.scratchTeam();
  const body = { provider: 'generic', name: 'Drill', credentials: [{ value: 'a-made-up-secret-of-a-drill' }] };
  const source = await stage.gateway.want('POST', `/v1/teams/${team.id}/sources`, { key: team.key, body });
  const url = new URL(String(source['url']));
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const port = url.port === '' ? 443 : Number(url.port);
  if (url.protocol !== 'https:') {
    stage.note('the public address is not https', { host });
    return { isHttps: false, versions: [], chainProblem: null, daysLeft: null };
  }
  const tried = [];
  for (const version of versions) {
    const { connected } = await shakeHands({ host, port, version, verify: false });
    tried.push({ version, isOld: oldVersions.includes(version), connected });
    stage.note('a client called the public address', { version, connected });
  }
  const newest = tried.findLast(({ connected }) => connected)?.version ?? 'TLSv1.3';
  const { connected, problem, validToMs } = await shakeHands({ host, port, version: newest, verify: true });
  const daysLeft = validToMs === null ? null : Math.floor((validToMs - Date.now()) / dayMs);
  stage.note('looked at its certificate', { trusted: connected, daysLeft });
  const isReached = tried.some((each) => each.connected);
  return { isHttps: true, versions: tried, chainProblem: isReached && !connected ? problem : null, daysLeft };
}

export const tlsFloor: Drill = {
  checkId: 'transport.tls-floor-both-ways',
  subject: 'gateway',
  version: 1,
  does: 'Has a second gateway meet servers of every TLS version and with bad certificates, and calls the public address.',
  touches: 'gateway',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const nowMs = Date.now();
    const validity = { fromMs: nowMs - dayMs, toMs: nowMs + 30 * dayMs };
    const authority = makeCertificate({ name: 'drill authority', names: [], issuer: null, ...validity });
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-drill-ca-'));
    const made: TlsServer[] = [];
    try {
      const caFile = join(folder, 'ca.pem');
      await writeFile(caFile, authority.certPem);
      const servers = await startServers(authority, nowMs, made);
      const unspoken: string[] = [];
      for (const [index, version] of versions.entries()) {
        const { port } = (servers[index] as Named).server;
        const control = { host: '127.0.0.1', port, version, ca: authority.certPem, verify: true };
        if (!(await shakeHands(control)).connected) unspoken.push(version);
      }
      const node = await stage.node({ environment: { POSTHORN_CA_FILE: caFile } });
      const met = await meetServers(stage, node, servers);
      for (const { called, way, requests } of met) stage.note(`a ${way} met ${called}`, { requests });
      return judgeTls({ servers: met, address: await lookAtPublicAddress(stage), unspoken });
    } finally {
      for (const server of made) await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
