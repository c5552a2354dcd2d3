import type pg from 'pg';
import { type Audit, createAudit } from '../audit/create-audit.ts';
import type { Clock, Timers } from '../clock.ts';
import type { IdSource } from '../ids/id-source.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { ApiKeyDirectory } from '../teams/api-key-directory.ts';
import { createApiKeyUse } from '../teams/api-key-use.ts';
import { type Authentication, createAuthentication } from './authentication.ts';

/** Who may come in, and the record of it. */
export type Access = {
  authentication: Authentication;
  audit: Audit;
  /** When the database is there. */
  start(): void;
  /** After everything that records has stopped. */
  stop(): Promise<void>;
};

export function openAccess(options: {
  database: pg.Pool;
  operatorKey: string;
  apiKeys: ApiKeyDirectory;
  requestsPerSecond: number | null;
  clock: Clock;
  ids: IdSource;
  sealer: Sealer;
  timers: Timers;
  onError: (where: string, error: unknown) => void;
}): Access {
  const audit = createAudit(options);
  const apiKeyUse = createApiKeyUse({ ...options, onError: (error) => options.onError('api keys', error) });
  const authentication = createAuthentication({ ...options, access: audit.access, apiKeyUse });
  return {
    authentication,
    audit,
    start() {
      audit.start();
      apiKeyUse.start();
    },
    async stop() {
      await apiKeyUse.stop();
      await audit.stop();
    },
  };
}
