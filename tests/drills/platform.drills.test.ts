import type { DrilledGateway } from './support/drilled-gateway.ts';
import { type DrillProof, proveDrills } from './support/prove-drills.ts';

/** Of one run: real processes on a machine that does other things too. */
const withinMs = 420_000;

/** A peak that is little, so that any machine that is not busy carries it. */
const declareTraffic = async ({ api, team }: DrilledGateway): Promise<string> => {
  const at = `/v1/teams/${team}/declarations`;
  const { version } = await api.call<{ version: number }>('GET', at);
  const traffic = { eventsPerSecond: 5, inboundPerSecond: 5, callsPerSecond: 2 };
  await api.call('PUT', at, { version, parts: { traffic } });
  return 'gateway';
};

const proofs: readonly DrillProof[] = [
  {
    check: 'health.dependencies-checked-deep',
    mutate: [
      {
        file: 'src/operations/check-readiness.ts',
        find: 'const state = await onConnection(database, (client) => migrationState(client));',
        replace:
          "const state = [migrationState, onConnection].length > 0 && database.totalCount > -1 ? 'current' : await Promise.reject();",
      },
    ],
  },
  {
    check: 'launch.rollback.switch-off-works',
    pace: 0.1,
    mutate: [
      {
        file: 'src/endpoints/update-endpoint.ts',
        find: '    await replaceEndpoint(client, teamId, endpointId, after);\n',
        replace: `    await replaceEndpoint(client, teamId, endpointId, after);
    (globalThis as any).isOff = after.status === 'paused';\n`,
      },
      {
        file: 'src/receiving/receiver.ts',
        find: '    if (source !== null) return source;\n',
        replace: `    if ((globalThis as any).isOff === true) throw new Problem('source_paused', 'It is switched off.');
    if (source !== null) return source;\n`,
      },
    ],
  },
  {
    check: 'docs.guide.walkthrough-runs',
    mutate: [
      {
        file: 'src/endpoints/endpoint-schemas.ts',
        find: '    ...settings,\n    headers: Type.Optional(\n      Type.Record(Type.String(), Type.String(), {',
        replace:
          '    ...settings,\n    description,\n    headers: Type.Optional(\n      Type.Record(Type.String(), Type.String(), {',
      },
    ],
  },
  {
    check: 'docs.access.instructions-work',
    mutate: [
      {
        file: 'docs/verifying.md',
        find: 'WEBHOOK_SIGNATURE=$(header webhook-signature)',
        replace: 'WEBHOOK_SIGNATURE=$(header webhook-hmac)',
      },
    ],
  },
  {
    check: 'docs.guide.each-provider-runs',
    mutate: [
      {
        file: 'docs/credentials.md',
        find: '{"name": "X-API-Key", "value": "sk_test_0123456789"}',
        replace: '{"name": "X-Key", "value": "sk_test_0123456789"}',
      },
    ],
  },
  {
    check: 'docs.runbooks.commands-drilled',
    mutate: [
      {
        file: 'docs/replay.md',
        find: `  -d '{"since": "2026-08-01T00:00:00Z"}'`,
        replace: `  -d '{"after": "2026-08-01T00:00:00Z"}'`,
      },
    ],
  },
  {
    check: 'load.declared-peak-carried',
    pace: 0.01,
    prepare: declareTraffic,
    mutate: [
      {
        file: 'src/delivery/dispatcher.ts',
        find: '      if (this.options.unsettled() >= unsettledMax || !this.options.maySend()) break;\n',
        replace: `      if (this.options.unsettled() >= unsettledMax || !this.options.maySend()) break;
      const sending = globalThis as any;
      if (Date.now() < (sending.nextAtMs ?? 0)) {
        setTimeout(() => this.run(), 20);
        break;
      }
      sending.nextAtMs = Date.now() + 250;\n`,
      },
    ],
  },
  {
    check: 'load.latency-holds-at-peak',
    pace: 0.01,
    prepare: declareTraffic,
    mutate: [
      {
        file: 'src/delivery/dispatcher.ts',
        find: '      this.prepare(exchange, item.body, nowMs);\n',
        replace: '      setTimeout(() => this.prepare(exchange, item.body, this.options.clock.now()), 3_000);\n',
      },
    ],
  },
];

proveDrills(
  'load, operation, documentation and launch',
  proofs.map((proof) => ({ withinMs, ...proof })),
);
