import type { DrillTeam } from '../reliability/drill-team.ts';
import { callThrough } from '../reliability/own-connection.ts';
import type { Stage } from '../stage.ts';
import type { SentTest } from './goroute.receiver.test-delivered.rules.ts';

export type TestState = Pick<SentTest, 'end' | 'endedAtMs' | 'toldByWebhook'>;

const ends: Readonly<Record<string, SentTest['end']>> = {
  'transaction.delivered': 'delivered',
  'transaction.failed': 'failed',
};

/**
 * How a transaction stands: by the webhooks that the sources of the connection took, else as it is read, if it may be.
 * @param about.before what was known already
 */
export async function readTestState(
  stage: Stage,
  team: DrillTeam,
  about: {
    connection: { id: string; sources: readonly string[] };
    transaction: string;
    mayRead: boolean;
    before: TestState;
  },
): Promise<TestState> {
  const { connection, transaction, mayRead, before } = about;
  for (const source of connection.sources) {
    const path = `/events?source=${source}&q=${encodeURIComponent(transaction)}&limit=100`;
    const { data } = (await team.want('GET', path)) as { data: { type: string; acceptedAt: string }[] };
    for (const { type, acceptedAt } of data) {
      const end = ends[type];
      if (end !== undefined) return { end, endedAtMs: Date.parse(acceptedAt), toldByWebhook: true };
    }
  }
  if (!mayRead) return before;
  const at = `/api/v1/transactions/${encodeURIComponent(transaction)}`;
  const { status, body } = await callThrough(stage, connection.id, 'GET', at);
  const said = body['status'];
  stage.note('The transaction was read.', { transaction, status, says: typeof said === 'string' ? said : null });
  if (status !== 200 || typeof said !== 'string') return before;
  const hasEnded = said === 'delivered' || said === 'failed';
  return { end: hasEnded ? said : 'under-way', endedAtMs: hasEnded ? Date.now() : null, toldByWebhook: false };
}
