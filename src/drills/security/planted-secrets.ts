import { randomBytes } from 'node:crypto';
import type { Gateway, Json, ScratchTeam } from '../stage.ts';

export type Planted = {
  /** By the field that it was entered in. */
  secrets: ReadonlyMap<string, string>;
  connections: readonly string[];
  /** Of Documenso, whose requests carry the secret itself. */
  source: { id: string; url: string; secret: string };
};

const secretOf = (): string => randomBytes(24).toString('hex');

/** Enters a value of its own into every field that takes a secret. */
export async function plantSecrets(node: Gateway, team: ScratchTeam, receiverUrl: string): Promise<Planted> {
  const at = `/v1/teams/${team.id}`;
  const secrets = new Map<string, string>();
  const plant = (field: string, value = secretOf()): string => {
    secrets.set(field, value);
    return value;
  };
  const post = (path: string, body: Json) => node.want('POST', `${at}/${path}`, { body });
  await post('event-types', { name: 'drill.planted' });
  const endpoint = { url: receiverUrl, eventTypes: ['drill.planted'] };
  await post('endpoints', {
    ...endpoint,
    signing: { scheme: 'shared-secret-header', header: 'x-shared' },
    secret: plant('secret of an endpoint'),
    headers: { 'x-api-key': plant('header of an endpoint') },
  });
  const standard = randomBytes(32);
  await post('endpoints', { ...endpoint, secret: `whsec_${standard.toString('base64')}` });
  // In the log of the provider's own format: without the prefix, as base64 or hex of the key.
  secrets.set('signing secret of an endpoint', standard.toString('base64'));
  const secret = plant('credential of a source');
  const source = await post('sources', { provider: 'documenso', name: 'Drill', credentials: [{ value: secret }] });
  const connection = async (kind: string, fields: Record<string, string>): Promise<string> => {
    const made = await post('connections', {
      provider: 'generic',
      environment: 'sandbox',
      name: `Drill ${kind}`,
      baseUrl: receiverUrl,
      selfHosted: true,
      credentials: [{ kind, fields }],
    });
    return String(made['id']);
  };
  const connections = [
    await connection('bearer', { token: plant('token of a connection') }),
    await connection('basic', { username: 'drill', password: plant('password of a connection') }),
    await connection('header', { name: 'x-api-key', value: plant('key of a connection') }),
    await connection('oauth-client-credentials', {
      tokenUrl: `${receiverUrl}/token`,
      clientId: 'drill',
      clientSecret: plant('client secret of a connection'),
    }),
  ];
  const id = String(source['id']);
  return { secrets, connections, source: { id, url: `${node.url}/in/${id}`, secret } };
}
