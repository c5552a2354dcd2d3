import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';
import type { IdSource } from '../ids/id-source.ts';
import type { CheckDefinition } from './check-definition.ts';
import type { Collector, CollectorContext, Evidence, Finding, Subject } from './finding.ts';
import { unknown } from './finding.rules.ts';
import { storeEvidence } from './store-evidence.ts';

const statementTimeoutMs = 4_000;
const gatherTimeoutMs = 15_000;
/** SQLSTATE of a statement that took longer than it may. */
const cancelled = '57014';

/** Queries of collectors: read only, each in a transaction of its own, given up after four seconds. */
export function readOnlyQuery(pool: pg.Pool): CollectorContext['query'] {
  return (text, values = []) =>
    inTransaction(pool, async (client) => {
      await client.query(`SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${statementTimeoutMs}`);
      return (await client.query(text, [...values])).rows as never[];
    });
}

/** What an evaluation needs beside its collector. */
type Evaluation = {
  database: Pick<pg.Pool, 'query'>;
  ids: IdSource;
  context: CollectorContext;
  definition: CheckDefinition;
  subject: Subject;
  configurationDigest: string;
  onError: (error: unknown) => void;
};

/** Gathers, judges and stores. What cannot be gathered is unknown, with the reason; it never passes. */
export async function evaluateCheck(collector: Collector<unknown>, evaluation: Evaluation): Promise<Evidence> {
  const { context, definition, subject, configurationDigest } = evaluation;
  const finding = await find(collector, evaluation);
  return storeEvidence(evaluation.database, evaluation.ids, {
    definition,
    subject,
    finding,
    measuredAtMs: context.nowMs,
    version: collector.version,
    release: context.release,
    environment: context.environment,
    configurationDigest,
  });
}

async function find(collector: Collector<unknown>, { context, subject, onError }: Evaluation): Promise<Finding> {
  try {
    const facts = await withinTime(collector.gather(context, subject));
    return collector.judge(facts, context.nowMs);
  } catch (error) {
    onError(error);
    return unknown(reasonOf(error));
  }
}

class GatheringTookTooLong extends Error {}

async function withinTime<Facts>(facts: Promise<Facts>): Promise<Facts> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new GatheringTookTooLong('gathering took too long')), gatherTimeoutMs);
  try {
    return await Promise.race([facts, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Only the kind: messages of the database quote rows. */
function reasonOf(error: unknown): string {
  if (error instanceof GatheringTookTooLong) {
    return `It could not be measured: that took longer than ${gatherTimeoutMs / 1000} s. Run it again.`;
  }
  if ((error as { code?: unknown } | null)?.code === cancelled) {
    return `It could not be measured: a query took longer than ${statementTimeoutMs / 1000} s. Run it again when there is less to do.`;
  }
  return 'It could not be measured: gathering failed, and the log of Posthorn says why. Run it again.';
}
