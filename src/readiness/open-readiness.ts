import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Caller } from '../calling/caller.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Config } from '../config.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { declaredDrills, drillVersions, type OpenDrills, openDrills } from '../drills/open-drills.ts';
import type { BodyUrl } from '../delivery/request-preparation.ts';
import { createSignForEndpoint } from '../delivery/sign-for-endpoint.ts';
import type { Egress } from '../egress/create-egress.ts';
import { targetUrlPolicyOf } from '../egress/reach.ts';
import { judgeTargetUrl } from '../egress/target-url.rules.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import type { IdSource } from '../ids/id-source.ts';
import { ownInstallation, readRelease } from '../release/read-release.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { createReadiness, type Readiness, type TeamChecks } from './create-readiness.ts';
import { createDocumentExaminer } from './examine-archived.ts';
import { gatherGatewayFacts, type Surroundings } from './gateway-facts.ts';
import { loadCatalogue } from './load-catalogue.ts';
import { createHandshakeProbe } from './probe-handshake.ts';
import { createSecretFacts } from './secret-facts.ts';
import { collectors } from './shipped-checks.ts';
import { createStrayCredentials } from './stray-credentials.ts';
import { createRouteList, createServedReference } from './served-reference.ts';

/**
 * Readiness over the running node. Before its routes are registered, since it notes them.
 * @throws CatalogueError
 */
export function openReadiness(options: {
  timers: Timers;
  server: FastifyInstance;
  database: pg.Pool;
  sealer: Sealer;
  ids: IdSource;
  clock: Clock;
  config: Config;
  release: string;
  publicUrl: () => string;
  /** Of the process: looked at for what should not be there. */
  environment: Readonly<Record<string, string | undefined>>;
  call: Caller;
  connections: ConnectionDirectory;
  /** Where archived documents are. */
  blobs: Pick<BlobStore, 'kept'>;
  /** What teams wrote themselves. */
  teamChecks?: TeamChecks;
  /** Codes of problems that were answered since the start. */
  answered: () => Iterable<string>;
  onError: (error: unknown) => void;
  /** What drills are played with. */
  drilling: {
    egress: Pick<Egress, 'upstream'>;
    directory: { endpoint: (teamId: string, endpointId: string) => Promise<EndpointConfig | null> };
    links: { urlOf: BodyUrl };
    operator: { key: string };
    /** Where this node listens. */
    url: () => string;
    /** No other node can use the database. */
    exclusive: boolean;
    /** An operational event was written. */
    onTold: () => void;
  };
}): { readiness: Readiness; drills: OpenDrills } {
  const { server, config, connections, publicUrl } = options;
  const targetUrlPolicy = targetUrlPolicyOf(config);
  const decides = [...collectors.map(({ checkId }) => checkId), ...drillVersions.keys()];
  const routes = createRouteList();
  server.addHook('onRoute', (route) => routes.note(route));
  const surroundings = (): Surroundings => ({
    environment: options.environment,
    arguments: [...process.execArgv, ...process.argv],
    workingFolder: process.cwd(),
  });
  const readiness = createReadiness({
    ...options,
    drills: drillVersions,
    declaredDrills,
    environment: config.environment,
    catalogue: loadCatalogue(),
    instruments: {
      secrets: createSecretFacts({ ...options, connections: () => connections.all() }),
      handshake: createHandshakeProbe({ ...options, targetUrlPolicy, proxy: config.proxy, caPem: config.caPem }),
      refusalOfUrl(url) {
        const verdict = judgeTargetUrl(url, { ...targetUrlPolicy, requireHttps: true });
        return verdict.ok ? null : verdict.reason;
      },
      call: options.call,
      connections,
      reference: createServedReference({
        routes,
        read: async (path) => (await server.inject(path)).body,
        answered: options.answered,
      }),
      strayCredentials: createStrayCredentials({ find: (id) => connections.find(id), surroundings }),
      gateway: () => gatherGatewayFacts(config, publicUrl(), surroundings()),
      manifest: () => readRelease({ ...config.release, installation: ownInstallation, decides }),
      examineDocument: createDocumentExaminer({ blobs: options.blobs, trustPem: config.signingTrustPem }),
    },
  });
  const { drilling } = options;
  const { directory, links } = drilling;
  const signForEndpoint = createSignForEndpoint({ endpoint: directory.endpoint, bodyUrl: links.urlOf });
  const gateway = {
    operatorKey: drilling.operator.key,
    get url() {
      return drilling.url();
    },
  };
  const parts = { ...options, ...drilling, gateway, readiness, signForEndpoint, mode: config.environment };
  return { readiness, drills: openDrills(parts) };
}
