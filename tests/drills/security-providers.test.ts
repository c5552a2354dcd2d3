import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProfile, providerNames } from '../../src/providers/registry.ts';
import { credentialsOf } from '../providers/credentials-of.ts';
import { type DrilledGateway, runDrill, startGatewayOf } from './support/drilled-gateway.ts';

// oxlint-disable-next-line node/no-process-env -- a test run is told so by its environment
const runsAll = process.env['POSTHORN_ALL_DRILLS'] === '1';

/** Every provider with all kinds of its credentials, and what options make of some. */
const sources: readonly (readonly [called: string, provider: string, options: object])[] = [
  ...providerNames.map((name) => [name, name, {}] as const),
  ['standard-webhooks of Svix', 'standard-webhooks', { headerPrefix: 'svix' }],
  ['goroute with another header', 'goroute', { signatureHeader: 'x-another-header' }],
  ['generic with a time', 'generic', { signedContent: '{timestamp}.{body}', timestampHeader: 'x-time' }],
  ['generic in base64', 'generic', { algorithm: 'sha512', encoding: 'base64', prefix: 'v0=' }],
  ['generic with a shared secret', 'generic', { scheme: 'shared-secret', header: 'x-secret', prefix: 'Bearer ' }],
];

describe.skipIf(!runsAll)('a twin of a source (npm run test:drills)', () => {
  let gateway: DrilledGateway;
  beforeAll(async () => {
    gateway = await startGatewayOf(join(import.meta.dirname, '../..'));
  }, 120_000);
  afterAll(() => gateway?.stop());

  test.each(sources)(
    'of %s refuses what is forged and takes what is true',
    { timeout: 300_000 },
    async (_, name, options) => {
      const profile = findProfile(name);
      if (profile === null) throw new Error(`there is no profile ${name}`);
      const body = {
        provider: name,
        name: 'Drilled',
        options,
        acceptUncovered: ['dropbox-sign', 'signwell'].includes(name),
        credentials: credentialsOf(profile),
      };
      const { id } = await gateway.api.call<{ id: string }>('POST', `/v1/teams/${gateway.team}/sources`, body);
      const { finding, state } = await runDrill(gateway, 'webhook.signature.rejects-forged', id);
      expect(finding?.state, finding?.seen ?? state).toBe('passed');
    },
  );
});
