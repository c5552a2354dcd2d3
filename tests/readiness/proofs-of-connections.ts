import { randomBytes } from 'node:crypto';
import { until } from '../support/until.ts';
import { inTurn, ofId, type Proof } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

type Asked = { host: string; headers?: Record<string, string | string[] | undefined> };

/** The keys that GoRoute takes; empty: any. */
let taken: readonly string[] = [];
let newest = '';

/** GoRoute refuses keys that were revoked; undefined: this is no matter of keys. */
export function answerByKey({ host, headers }: Asked): { status: number; body: unknown } | undefined {
  const key = headers?.['x-api-key'];
  if (host !== 'app.goroute.ai' || taken.length === 0 || (typeof key === 'string' && taken.includes(key)))
    return undefined;
  return { status: 401, body: { error: { code: 'AUTH_002', message: 'Unknown key', request_id: 'r' } } };
}

/** A key that was replaced, and that the provider refuses: so that its check passes somewhere. */
export async function prepareReplacedKey(gateway: ReadyGateway): Promise<void> {
  await replaceKey(gateway, () => []);
  await runProbes(gateway);
}

/** `keep`: what GoRoute goes on taking beside the new one. */
async function replaceKey(gateway: ReadyGateway, keep: (former: string) => string[]): Promise<void> {
  const { api, team, ids } = gateway;
  const former = newest;
  newest = `pk_goroute_${randomBytes(16).toString('hex')}`;
  const change = { credentials: [{ name: newest.slice(-8), fields: { name: 'X-API-Key', value: newest } }] };
  await api.call('PATCH', `/v1/teams/${team}/connections/${ids.goroute}`, change);
  taken = [...keep(former), newest];
  await until(
    'calls to go out with the new key',
    async () => (await gateway.call(ids.goroute, '/api/v1/organizations')) === 200,
  );
}

const runProbes = ({ api, team, ids }: ReadyGateway): Promise<unknown> =>
  api.call('POST', `/v1/teams/${team}/connections/${ids.goroute}/closing-probes`);

const revokeFormer = (): Promise<void> => {
  taken = [newest];
  return Promise.resolve();
};

export const proofsOfConnections: readonly Proof[] = [
  {
    check: 'connection.credential.old-ones-refused',
    subject: ofId('goroute'),
    plant: inTurn((gateway) => replaceKey(gateway, (former) => [former]), runProbes),
    mend: inTurn(revokeFormer, runProbes),
  },
];
