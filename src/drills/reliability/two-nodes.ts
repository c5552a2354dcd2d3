import { randomBytes } from 'node:crypto';
import type { DrillDatabase, DrillNode, Stage } from '../stage.ts';

/** A node of a drill takes over from another one that died after so long. */
const leaseSeconds = 5;

/** Nodes that share a database, and with it the key that seals what is in it. */
export async function sharingNodes(
  stage: Stage,
  count: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ database: DrillDatabase; nodes: DrillNode[]; more(): Promise<DrillNode> }> {
  const database = await stage.database();
  const shared = {
    POSTHORN_MASTER_KEY: randomBytes(32).toString('base64'),
    POSTHORN_TEST_LEASE_SECONDS: String(leaseSeconds),
    ...environment,
  };
  const more = (): Promise<DrillNode> => stage.node({ database, environment: shared });
  const nodes: DrillNode[] = [];
  for (let index = 0; index < count; index += 1) nodes.push(await more());
  return { database, nodes, more };
}
