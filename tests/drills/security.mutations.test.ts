import { type DrilledGateway } from './support/drilled-gateway.ts';
import { proveDrills } from './support/prove-drills.ts';

type Made = { id: string };

const documensoSource = async ({ api, team }: DrilledGateway): Promise<string> => {
  const body = {
    provider: 'documenso',
    name: 'Contracts',
    credentials: [{ value: 'a-long-and-random-secret-0123456789' }],
  };
  return (await api.call<Made>('POST', `/v1/teams/${team}/sources`, body)).id;
};

proveDrills('security', [
  {
    check: 'webhook.signature.rejects-forged',
    quick: true,
    prepare: documensoSource,
    mutate: [
      {
        file: 'src/providers/documenso/profile.rules.ts',
        find: "    if (typeof given !== 'string') return given.reason === 'signature_missing' ? noSecret : given;",
        replace: `    if (typeof given !== 'string') {
      return given.reason === 'signature_missing' ? { verified: true, credential: '1' } : given;
    }`,
      },
    ],
  },
  {
    check: 'api-key.required-on-every-route',
    mutate: [
      {
        file: 'src/replays/replay.routes.ts',
        find: "      '/v1/teams/:team/replays',\n      {\n        config: { permission: 'deliveries:write' },",
        replace: "      '/v1/teams/:team/replays',\n      {\n        config: { permission: 'public' },",
      },
    ],
  },
  {
    check: 'api-key.revocation-takes-effect',
    pace: 0.4,
    mutate: [
      {
        file: 'src/teams/api-key-directory.ts',
        find: 'const freshForMs = 30_000;',
        replace: 'const freshForMs = 600_000;',
      },
      {
        file: 'src/teams/api-key-directory.ts',
        find: 'if (entry.key.actor.teamId === teamId)',
        replace: 'if (entry.key.actor.teamId === `not ${teamId}`)',
      },
    ],
  },
  {
    check: 'access.role-matrix-enforced',
    mutate: [
      {
        file: 'src/members/role-permissions.rules.ts',
        find: "  'endpoints:write': builders,",
        replace: "  'endpoints:write': all,",
      },
    ],
  },
  {
    check: 'access.teams-isolated',
    mutate: [
      {
        file: 'src/delivery/delivery-query.store.ts',
        find: 'FROM delivery d WHERE d.team_id = $1 AND d.id = ANY',
        replace: 'FROM delivery d WHERE $1::uuid IS NOT NULL AND d.id = ANY',
      },
      {
        file: 'src/delivery/delivery-query.store.ts',
        find: 'FROM attempt WHERE team_id = $1 AND delivery_id = $2',
        replace: 'FROM attempt WHERE $1::uuid IS NOT NULL AND delivery_id = $2',
      },
    ],
  },
  {
    check: 'secret.encrypted-at-rest',
    mutate: [
      {
        file: 'src/sources/sealed-credential.ts',
        find: 'return sealer.seal(value, { teamId, rowId: credentialId, purpose });',
        replace: 'return sealer === null ? sealer : Buffer.from(value + (teamId === credentialId ? purpose : ""));',
      },
      {
        file: 'src/sources/sealed-credential.ts',
        find: "return sealer.open(sealed, { teamId, rowId: credentialId, purpose }).toString('utf8');",
        replace: "return sealer === null ? teamId + credentialId : sealed.toString('utf8');",
      },
    ],
  },
]);
