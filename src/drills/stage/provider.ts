import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import {
  type ApiSimulator,
  type ApiSimulatorOptions,
  type SimulatedProvider,
  startApiSimulator,
} from '../../simulation/start-api-simulator.ts';
import type { DrillProvider, DrillProviderOptions, Json } from '../stage.ts';

/** A simulated provider's API, and what lets a connection in. */
export async function startProvider<Name extends SimulatedProvider>(
  options: DrillProviderOptions<Name>,
  clock: Clock,
  learn: (secret: string) => void,
): Promise<DrillProvider<Name> & { stop(): Promise<void> }> {
  const keys = options.provider === 'docusign' ? makeKeys() : null;
  const app = keys === null ? {} : { publicKeyPem: keys.publicKey, isConsentGiven: true };
  const given = { ...app, ...options, clock } as unknown as ApiSimulatorOptions<Name>;
  const api = await startApiSimulator(given);
  const connection = connectionTo(api, options.provider, keys?.privateKey);
  for (const secret of connection.secrets) learn(secret);
  return { api, connection: () => connection.body, stop: () => api.stop() };
}

type Connection = { body: Record<string, Json>; secrets: string[] };

function connectionTo(api: ApiSimulator<SimulatedProvider>, provider: SimulatedProvider, privateKey = ''): Connection {
  const world = api.world.api as unknown as Record<string, string>;
  const text = (name: string): string => world[name] ?? '';
  const base = { provider, environment: 'sandbox' };
  switch (provider) {
    case 'documenso': {
      const credentials = [{ name: 'first', kind: 'bearer', fields: { token: text('apiToken') } }];
      const body = { ...base, baseUrl: api.url, selfHosted: true, credentials };
      return { body, secrets: [text('apiToken')] };
    }
    case 'docusign': {
      const ids = { integrationKey: text('integrationKey'), userId: text('userId') };
      const credentials = [
        { name: 'first', kind: 'docusign-jwt', fields: { ...ids, privateKey, authBaseUrl: api.url } },
      ];
      return { body: { ...base, baseUrl: `${api.url}/restapi`, credentials }, secrets: [privateKey] };
    }
    case 'goroute': {
      const credentials = [{ name: 'first', fields: { name: 'X-API-Key', value: text('apiKey') } }];
      return { body: { ...base, baseUrl: api.url, credentials }, secrets: [text('apiKey')] };
    }
  }
}

function makeKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
