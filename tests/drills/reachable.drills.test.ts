import { afterAll, expect, test } from 'vitest';
import { ownSource, runDrill, startGatewayOf } from './support/drilled-gateway.ts';
import { startOutsideProxy } from './support/outside-proxy.ts';
import { proveDrills } from './support/prove-drills.ts';
import { providerOutside } from './support/provider-outside.ts';

const check = 'source.reachable-by-provider';
const publicName = 'hooks.posthorn.example';
const environment = {
  POSTHORN_PUBLIC_URL: `https://${publicName}`,
  POSTHORN_TRUSTED_PROXIES: '127.0.0.1/32',
};
/** Of the minute that a webhook may take. */
const pace = 0.1;
// oxlint-disable-next-line node/no-process-env -- a test run is told so by its environment
const provesAll = process.env['POSTHORN_ALL_DRILLS'] === '1';

const proxy = await startOutsideProxy(publicName);
afterAll(() => proxy.stop());

proveDrills('what providers reach', [
  {
    check,
    pace,
    environment,
    prepare: async (gateway) => (await providerOutside(gateway, proxy, 'documenso')).source,
    plant: () => Promise.resolve((proxy.drops = true)),
    mend: () => Promise.resolve((proxy.drops = false)),
  },
]);

test.runIf(provesAll)(
  'each provider is seen to come from outside, and over loopback none',
  { timeout: 300_000 },
  async () => {
    const gateway = await startGatewayOf(ownSource, environment);
    try {
      const parts = {
        participants: [{ scheme: '0192', value: '974760673', owner: 'own', name: 'Example AS', country: 'NO' }],
      };
      await gateway.api.call('PUT', `/v1/teams/${gateway.team}/declarations`, { version: 0, parts, confirm: [] });
      for (const provider of ['docusign', 'goroute'] as const) {
        const { source, simulator } = await providerOutside(gateway, proxy, provider);
        const { finding } = await runDrill(gateway, check, source, { pace });
        expect(finding, JSON.stringify(finding)).toMatchObject({ state: 'passed' });
        expect(simulator.world.subjects()).toHaveLength(1);
      }
      const { source, simulator } = await providerOutside(gateway, proxy, 'documenso');
      proxy.forwards = false;
      const { finding, transcript } = await runDrill(gateway, check, source, { pace });
      expect(finding).toMatchObject({ state: 'failed', seen: expect.stringContaining('loopback') });
      // What was made is gone again, and the live tokens of its recipients stand nowhere.
      expect(simulator.world.subjects()).toEqual([]);
      expect(JSON.stringify(transcript)).not.toMatch(/token/i);
      const at = `/v1/teams/${gateway.team}/sources/${source}/arrivals`;
      const { data } = await gateway.api.call<{ data: object[] }>('GET', at);
      expect(data).toContainEqual(expect.objectContaining({ origin: 'loopback', network: null, byPublicName: false }));
    } finally {
      proxy.forwards = true;
      await gateway.stop();
    }
  },
);
