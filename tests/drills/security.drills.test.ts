import { afterAll } from 'vitest';
import type { DrilledGateway } from './support/drilled-gateway.ts';
import { startFront } from './support/tls-front.ts';
import { proveDrills } from './support/prove-drills.ts';

type Made = { id: string };

const addSource = async (
  { api, team }: Pick<DrilledGateway, 'api' | 'team'>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const credentials = [{ value: 'a-long-and-random-secret-0123456789' }];
  const body = { provider: 'documenso', name: 'Contracts', credentials, ...more };
  return (await api.call<Made>('POST', `/v1/teams/${team}/sources`, body)).id;
};

const front = await startFront();
afterAll(() => front.stop());

proveDrills('security', [
  {
    check: 'webhook.signature.rejects-forged',
    prepare: (gateway) => addSource(gateway),
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
      {
        file: 'src/database/read-as-team.ts',
        find: 'rowSecurityOf(pool).length > 0 ? [] : [becomeReader(uuidFromId(teamId))]',
        replace: 'rowSecurityOf(pool).length > 0 ? [] : [becomeReader(uuidFromId(teamId))].slice(1)',
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
  {
    check: 'transport.tls-floor-both-ways',
    environment: { POSTHORN_PUBLIC_URL: front.url, NODE_EXTRA_CA_CERTS: front.caFile },
    mutate: [
      {
        file: 'src/egress/tls-contexts.ts',
        find: "      minVersion: 'TLSv1.2',",
        replace: "      minVersion: 'TLSv1',\n      ciphers: 'DEFAULT@SECLEVEL=0',",
      },
      { file: 'src/egress/secure.ts', find: "minVersion: 'TLSv1.2'", replace: "minVersion: 'TLSv1'" },
    ],
  },
  {
    check: 'network.ssrf-refused',
    mutate: [
      {
        file: 'src/egress/open-connection.ts',
        find: 'await dial(addresses, target.port, abort.signal)',
        replace: 'await dial(await wiring.lookUp(target.hostname), target.port, abort.signal)',
      },
    ],
  },
  {
    check: 'log.no-personal-data-or-secrets',
    mutate: [
      {
        file: 'src/http/validation.ts',
        find: "  app.removeContentTypeParser('text/plain');",
        replace: `  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      process.stderr.write('no JSON: ' + String(body) + '\\n');
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });`,
      },
    ],
  },
  {
    check: 'network.ip-allow-list-enforced',
    prepare: ({ api, team }) => addSource({ api, team }, { allowAddresses: ['198.51.100.0/24'] }),
    mutate: [
      {
        file: 'src/http/server.ts',
        find: '      options.trustedProxies === undefined || options.trustedProxies.length === 0 ? false : [...options.trustedProxies],',
        replace: '      true,',
      },
    ],
  },
  {
    check: 'network.rate-limits-enforced',
    pace: 0.4,
    mutate: [
      {
        file: 'src/http/authentication.ts',
        find: 'if (key.tokens < 1) return tooManyRequests(requestsPerSecond);',
        replace:
          "if (key.tokens < 1 && request.headers['x-client-id'] === undefined) return tooManyRequests(requestsPerSecond);",
      },
    ],
  },
  {
    check: 'request.validated-on-every-route',
    mutate: [{ file: 'src/endpoints/endpoints.routes.ts', find: '          body: EndpointChangeBody,\n', replace: '' }],
  },
  {
    check: 'log.security-events-recorded',
    mutate: [
      {
        file: 'src/http/authentication.ts',
        find: '    await access?.refused(key.actor, accessOf(request), why);',
        replace: '    void why;',
      },
    ],
  },
  {
    check: 'payload.sensitive-fields-masked',
    prepare: ({ team }) => Promise.resolve(team),
    mutate: [
      {
        file: 'src/providers/documenso/profile.rules.ts',
        find: "  redact: (body) => maskTexts(body, 'token'),",
        replace: '  redact: () => null,',
      },
    ],
  },
]);
