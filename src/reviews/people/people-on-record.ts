import type pg from 'pg';
import { listSigners } from '../../members/list-signers.ts';
import type { PeopleOnRecord } from '../review.ts';
import { listNewestAttestations } from './attestation.store.ts';
import { listSignOffRows } from './sign-off.store.ts';
import { listWaiverRows } from './waiver.store.ts';

/**
 * What people said, as reviews read it. Attestations and sign-offs that were taken back are left out: they count for
 * nothing; waivers that ended are there, with when they did.
 */
export function createPeopleOnRecord({ database }: { database: pg.Pool }): PeopleOnRecord {
  return {
    attestations: (teamId) => listNewestAttestations(database, teamId),
    waivers: (teamId, reviewId) => listWaiverRows(database, teamId, reviewId),
    async signOffs(teamId, reviewId) {
      const all = await listSignOffRows(database, teamId, reviewId);
      return all.flatMap(({ withdrawnAtMs, ...signOff }) => (withdrawnAtMs === null ? [signOff] : []));
    },
    async signers(teamId) {
      const named = await listSigners({ database }, { teamId });
      return new Map(named.map(({ duty, members }) => [duty, members]));
    },
  };
}
