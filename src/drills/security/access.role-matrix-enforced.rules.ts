import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** One operation tried as one role. `may` null: the published table does not have the permission. */
export type Cell = { role: string; operation: string; may: boolean | null; status: number; code: string };
export type MatrixFacts = { cells: readonly Cell[]; roles: number; refusalsOnRecord: number };

const fewestOperations = 50;

/** Each role can do what the published table grants, and is refused the rest with a 403 that is on record. */
export function judgeMatrix({ cells, roles, refusalsOnRecord }: MatrixFacts): Finding {
  const refused = cells.filter(({ status }) => status === 403);
  const values = { cells: cells.length, roles, refused: refused.length, refusalsOnRecord };
  const unpublished = [...new Set(cells.filter(({ may }) => may === null).map(({ operation }) => operation))];
  if (unpublished.length > 0) {
    return failed(`The published table has no permission for ${listed(unpublished)}.`, values);
  }
  const tooMuch = cells.filter(({ may, status, code }) => may === false && !(status === 403 && code === 'forbidden'));
  if (tooMuch.length > 0) {
    const seen = tooMuch.map(({ role, operation, status }) => `${role}: ${operation} (${status})`);
    return failed(`These were not refused: ${listed(seen)}.`, values, 'docs/members.md has the published table');
  }
  const tooLittle = cells.filter(({ may, status }) => may === true && (status === 401 || status === 403));
  if (tooLittle.length > 0) {
    const seen = tooLittle.map(({ role, operation }) => `${role}: ${operation}`);
    return failed(`These were refused although the table grants them: ${listed(seen)}.`, values);
  }
  const broken = cells.filter(({ status }) => status >= 500);
  if (broken.length > 0) {
    return unknown(
      `Not decided by: ${listed(broken.map(({ operation, status }) => `${operation} (${status})`))}.`,
      values,
    );
  }
  if (refusalsOnRecord < refused.length) {
    return failed(`${refused.length} refusals left ${refusalsOnRecord} entries in the audit log.`, values);
  }
  if (cells.length < roles * fewestOperations) return unknown(`Only ${cells.length} cells were tried.`, values);
  return passed(
    `${roles} roles tried ${cells.length / roles} operations each: all as the published table says.`,
    values,
  );
}
