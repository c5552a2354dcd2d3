import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** An order, and by when each node followed it; null when one did not in time. */
export type Order = { what: string; tookMs: number | null };
export type ContainmentFacts = {
  /** What was let through before anything was ordered: otherwise that it stops says nothing. */
  worked: readonly { what: string; did: boolean }[];
  orders: readonly Order[];
  undone: readonly Order[];
  /** Whether the frozen connection went on answering, 0 or 1. */
  servedWhileFrozen: number;
  /** An event that was acknowledged before, and is there. */
  acknowledgedIsThere: boolean;
  /** What verification finds wrong with the evidence that was kept; null when it could not be kept. */
  evidenceFaults: number | null;
};

/** Each order holds everywhere in time, loses nothing, leaves evidence, and can be taken back. */
export function judgeContainment(facts: ContainmentFacts): Finding {
  const { worked, orders, undone, servedWhileFrozen, acknowledgedIsThere, evidenceFaults } = facts;
  const slowest = Math.round(Math.max(0, ...orders.map(({ tookMs }) => tookMs ?? 0)));
  const values = { orders: orders.length, slowestMs: slowest, servedWhileFrozen, evidenceFaults };
  const idle = worked.filter(({ did }) => !did).map(({ what }) => what);
  if (idle.length > 0) return unknown(`Did not work to begin with: ${listed(idle)}.`, values);
  if (servedWhileFrozen > 0) return failed('A frozen connection went on answering.', values);
  const late = orders.filter(({ tookMs }) => tookMs === null).map(({ what }) => what);
  if (late.length > 0) return failed(`Not stopped on all nodes in time: ${listed(late)}.`, values);
  if (!acknowledgedIsThere) return failed('An event that was acknowledged is not there any more.', values);
  if (evidenceFaults === null || evidenceFaults > 0)
    return failed('The evidence that was kept does not verify.', values);
  const stuck = undone.filter(({ tookMs }) => tookMs === null).map(({ what }) => what);
  if (stuck.length > 0) return failed(`Could not be undone: ${listed(stuck)}.`, values);
  const what = counted(orders.length, 'order');
  return passed(`${what} held on two nodes within ${slowest} ms, and were undone; the evidence verifies.`, values);
}
