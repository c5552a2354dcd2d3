import { generateKeyPairSync } from 'node:crypto';
import type { ApiSimulator, ApiSimulatorOptions, SimulatedProvider } from '../../src/simulation/start-api-simulator.ts';
import { startFor, systemClock } from '../simulation-api/webhook-inbox.ts';

/** What an app at DocuSign has: the private key stays with whoever calls. */
const docusignKeys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

type More<Provider extends SimulatedProvider> = Partial<ApiSimulatorOptions<Provider>>;

/** A simulated API, until the test is over. */
export function startDocumenso(more: More<'documenso'> = {}): Promise<ApiSimulator<'documenso'>> {
  return startFor({ provider: 'documenso', clock: systemClock, ...more });
}

export function startDocusign(more: More<'docusign'> = {}): Promise<ApiSimulator<'docusign'>> {
  const { publicKey: publicKeyPem } = docusignKeys;
  return startFor({ provider: 'docusign', clock: systemClock, publicKeyPem, ...more });
}

/** The fields of a `docusign-jwt` credential for the simulated account. */
export function docusignGrant({ url, world }: ApiSimulator<'docusign'>): Record<string, string> {
  const { integrationKey, userId } = world.api;
  return { integrationKey, userId, privateKey: docusignKeys.privateKey, authBaseUrl: url };
}

/** Requests of the API, without those for tokens: `GET /path?query 200`. */
export function requestsTo(simulator: Pick<ApiSimulator<SimulatedProvider>, 'requests'>): string[] {
  return simulator
    .requests()
    .filter(({ path }) => !path.startsWith('/oauth/'))
    .map(({ method, path, status }) => `${method} ${path} ${status ?? 'none'}`);
}
