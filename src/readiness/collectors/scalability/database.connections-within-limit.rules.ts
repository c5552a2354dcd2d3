import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

export type DatabaseConnections = {
  perNode: number;
  nodes: number;
  serverLimit: number;
  reserved: number;
  /** Transactions of Posthorn that have been idle for over a minute. */
  idleTransactions: number;
  /** What a few queries took from asking for a connection to their answer, sorted. */
  waitsMs: readonly number[];
};

const mostShare = 0.8;
const mostWaitMs = 50;

/** What all nodes may open stays within four fifths of the server's limit, and nobody waits for a connection. */
export function judgeConnections(facts: DatabaseConnections): Finding {
  const { perNode, nodes, serverLimit, reserved, idleTransactions, waitsMs } = facts;
  const most = perNode * nodes + reserved;
  const waitMs = waitsMs[Math.floor(waitsMs.length / 2)] ?? null;
  const values = {
    connectionsMost: most,
    nodes,
    serverLimit,
    idleTransactions,
    medianWaitMs: waitMs === null ? null : Math.round(waitMs),
  };
  if (nodes === 0) return unknown('No live node is on record.', values);
  if (most > serverLimit * mostShare) {
    const command = `POSTHORN_DATABASE_CONNECTIONS=${Math.max(2, Math.floor((serverLimit * mostShare - reserved) / nodes))} posthorn up`;
    return failed(
      `${counted(nodes, 'node')} may open ${most} connections, and the server takes ${serverLimit}.`,
      values,
      command,
    );
  }
  if (idleTransactions > 0) {
    return failed(`${counted(idleTransactions, 'transaction')} idle for over a minute.`, values, null);
  }
  if (waitMs !== null && waitMs > mostWaitMs) {
    return failed(`A query waits ${Math.round(waitMs)} ms for its connection and its answer.`, values, null);
  }
  return passed(`At most ${most} connections of ${serverLimit}.`, values);
}
