import { onTestFinished } from 'vitest';
import type { Json } from '../../../src/drills/stage.ts';
import {
  type ApiSimulator,
  type SimulatedProvider,
  startApiSimulator,
} from '../../../src/simulation/start-api-simulator.ts';
import { docusignGrant, startDocumenso, startDocusign } from '../../support/api-simulators.ts';
import { systemClock } from '../../simulation-api/webhook-inbox.ts';
import type { DrilledGateway } from './drilled-gateway.ts';
import type { OutsideProxy } from './outside-proxy.ts';

type Made = { id: string };

const documensoSecret = 'a-long-and-random-secret-0123456789';
const docusignKey = Buffer.from('a long and random key of DocuSign Connect').toString('base64');
const secrets: Readonly<Record<SimulatedProvider, { kind: string; value: string }>> = {
  documenso: { kind: 'secret', value: documensoSecret },
  docusign: { kind: 'hmac', value: docusignKey },
  goroute: { kind: 'secret', value: documensoSecret },
};

/**
 * A source of a provider, its simulated API that posts to it through the proxy, and a connection to that sandbox which
 * names the source. Answers their ids; the API ends with the test.
 */
export async function providerOutside(
  gateway: DrilledGateway,
  proxy: OutsideProxy,
  provider: SimulatedProvider,
): Promise<{ source: string; connection: string; simulator: ApiSimulator<SimulatedProvider> }> {
  const { api, team } = gateway;
  proxy.target = gateway.url;
  const at = `/v1/teams/${team}`;
  const secret = secrets[provider];
  const { id: source } = await api.call<Made>('POST', `${at}/sources`, {
    provider,
    name: 'Drilled',
    credentials: [secret],
  });
  const webhook = { url: `${proxy.url}/in/${source}`, secret: secret.value };
  const { simulator, body } = await sandboxOf(provider, webhook);
  const { id: connection } = await api.call<Made>('POST', `${at}/connections`, {
    provider,
    environment: 'sandbox',
    name: 'Drilled',
    sources: [source],
    ...body,
  });
  return { source, connection, simulator };
}

async function sandboxOf(
  provider: SimulatedProvider,
  webhook: { url: string; secret: string },
): Promise<{ simulator: ApiSimulator<SimulatedProvider>; body: Record<string, Json> }> {
  if (provider === 'documenso') {
    const simulator = await startDocumenso({ webhook });
    const credentials = [{ kind: 'bearer', fields: { token: simulator.world.api.apiToken } }];
    return { simulator, body: { baseUrl: simulator.url, selfHosted: true, credentials } };
  }
  if (provider === 'docusign') {
    const simulator = await startDocusign({ webhook, isConsentGiven: true });
    const { accountId } = simulator.world.api;
    const credentials = [{ kind: 'docusign-jwt', fields: docusignGrant(simulator) }];
    return { simulator, body: { baseUrl: `${simulator.url}/restapi`, options: { accountId }, credentials } };
  }
  const simulator = await startApiSimulator({ provider, clock: systemClock, webhook });
  onTestFinished(() => simulator.stop());
  const credentials = [{ fields: { name: 'X-API-Key', value: simulator.world.api.apiKey } }];
  return { simulator, body: { baseUrl: `${simulator.url}/peppol-api`, credentials } };
}
