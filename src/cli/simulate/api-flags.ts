import type { PlanFeature } from '../../simulation/docusign-plan.rules.ts';

/** The arguments of `posthorn simulate api`, as they are given. */
export type ApiFlags = {
  port: number;
  webhook?: string;
  webhookSecret?: readonly string[];
  webhookSecretFile?: readonly string[];
  webhookSecretStdin?: true;
  webhookEvent?: readonly string[];
  signatureHeader?: string;
  attempts?: number;
  retryDelay?: number;
  fault?: readonly string[];
  seed: string;
  signAfter?: number;
  limit?: number;
  burst?: number;
  quota?: number;
  storage?: 's3' | 'database';
  privateKey?: string;
  consent?: true;
  withDocuments?: true;
  planLacks?: readonly PlanFeature[];
  errors?: 'named' | 'numbered';
  productionKey?: true;
  tlsCert?: string;
  tlsKey?: string;
  ca?: string;
  json?: true;
};
