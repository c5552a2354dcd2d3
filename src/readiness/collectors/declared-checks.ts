import type { Collector } from '../finding.ts';
import { webhookChangesTraceable } from './security/audit.webhook-changes-traceable.ts';

/** What is decided by comparing with the audit log, the ledgers, and what the team declares of itself. */
export const declaredChecks: readonly Collector<unknown>[] = [webhookChangesTraceable];
