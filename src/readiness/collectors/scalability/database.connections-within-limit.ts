import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { type DatabaseConnections, judgeConnections } from './database.connections-within-limit.rules.ts';

const probes = 20;

export const connectionsWithinLimit: Collector<DatabaseConnections> = {
  checkId: 'database.connections-within-limit',
  version: 1,
  async gather(context: GatheringContext) {
    const [row] = await context.query<Omit<DatabaseConnections, 'perNode' | 'waitsMs'>>(
      `SELECT (SELECT count(*)::integer FROM node WHERE lease_until > now()) AS nodes,
          current_setting('max_connections')::integer AS "serverLimit",
          current_setting('superuser_reserved_connections')::integer AS reserved,
          (SELECT count(*)::integer FROM pg_stat_activity WHERE datname = current_database()
            AND state = 'idle in transaction' AND state_change < now() - interval '60 seconds') AS "idleTransactions"`,
    );
    const waitsMs: number[] = [];
    for (let index = 0; index < probes; index += 1) {
      const startedAtMs = performance.now();
      await context.query('SELECT 1');
      waitsMs.push(performance.now() - startedAtMs);
    }
    return {
      perNode: context.gateway().databaseConnections,
      nodes: 0,
      serverLimit: 0,
      reserved: 0,
      idleTransactions: 0,
      ...row,
      waitsMs: waitsMs.toSorted((one, other) => one - other),
    };
  },
  judge: judgeConnections,
};
