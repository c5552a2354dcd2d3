import type { AuditContext } from '../../src/audit/record-change.ts';
import { createIdSource } from '../../src/ids/id-source.ts';

const clock = { now: () => Date.now() };

/** Who acts where a test calls a use case itself. */
export const byOperator: AuditContext = {
  clock,
  ids: createIdSource(clock),
  actor: { kind: 'operator' },
  requestId: 'req_test',
  address: '127.0.0.1',
};
