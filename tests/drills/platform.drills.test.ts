import { type DrillProof, proveDrills } from './support/prove-drills.ts';

/** Of one run: real processes on a machine that does other things too. */
const withinMs = 420_000;

const proofs: readonly DrillProof[] = [
  {
    check: 'health.dependencies-checked-deep',
    mutate: [
      {
        file: 'src/operations/check-readiness.ts',
        find: 'const migrated = await inTime(isMigrated(database));',
        replace: 'const migrated = await inTime(Promise.resolve(isMigrated !== null && database.totalCount > -1));',
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
];

proveDrills(
  'load, operation, documentation and launch',
  proofs.map((proof) => ({ withinMs, ...proof })),
);
