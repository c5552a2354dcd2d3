import { expect, test } from 'vitest';
import { collectors } from '../../src/readiness/shipped-checks.ts';
import { proofsOfArchive } from './proofs-of-archive.ts';
import { proofsOfConnections } from './proofs-of-connections.ts';
import { proofsOfDeclarations } from './proofs-of-declarations.ts';
import { proofsOfDelivery } from './proofs-of-delivery.ts';
import { proofsOfDocumentation } from './proofs-of-documentation.ts';
import { proofsOfLaunch } from './proofs-of-launch.ts';
import { proofsOfProviders } from './proofs-of-providers.ts';
import { proofsOfRelease } from './proofs-of-release.ts';
import { proofsOfSettings } from './proofs-of-settings.ts';
import { proveChecks } from './prove-checks.ts';

const ownProofs = [
  ...proofsOfSettings,
  ...proofsOfDelivery,
  ...proofsOfProviders,
  ...proofsOfConnections,
  ...proofsOfDocumentation,
];

test('no shipped check is without a proof, and no proof without its check', () => {
  const proofs = [...ownProofs, ...proofsOfRelease, ...proofsOfDeclarations, ...proofsOfArchive, ...proofsOfLaunch];
  const shipped = collectors.map(({ checkId }) => checkId).toSorted();
  expect(proofs.map(({ check }) => check).toSorted()).toEqual(shipped);
  expect(new Set(shipped).size).toBe(shipped.length);
});

proveChecks('gateway', ownProofs);
