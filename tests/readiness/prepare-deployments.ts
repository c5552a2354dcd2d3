import { providerLines } from '../../src/deployments/provider-lines.rules.ts';
import type { ReadyGateway } from './ready-gateway.ts';

/** What `posthorn verify --record` puts on record of a release when all is well: the gateway measures, and it is told. */
export async function verifyRelease({ api, team, ids }: ReadyGateway, release: string): Promise<void> {
  const answers = `/v1/teams/${team}/readiness/documenso.api.answers-200/run?subject=${ids.documenso}`;
  await api.call('POST', answers);
  await api.call('POST', `/v1/teams/${team}/verifications`, {
    release,
    exitCode: 0,
    tookMs: 2_400,
    lines: providerLines.map((name) => ({ name, subject: ids.documenso, state: 'OK', detail: null })),
  });
}

export async function deployRelease({ api, team }: ReadyGateway, release: string): Promise<void> {
  await api.call('POST', `/v1/teams/${team}/deployments`, { release });
}

/** A release that went out right after it was verified. */
export async function prepareDeployments(gateway: ReadyGateway): Promise<void> {
  await verifyRelease(gateway, '1.0.0');
  await deployRelease(gateway, '1.0.0');
}
