import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type RevocationFacts = {
  /** What each node answered on one connection; times are after the revocation was answered, negative before it. */
  nodes: readonly { name: string; answers: readonly { afterMs: number; status: number | null }[] }[];
  /** By when every node has to refuse the key. */
  withinMs: number;
  /** Who the audit log says revoked the key; null when it says nothing. */
  revokedBy: string | null;
};

/** Enough answers on either side of the revocation to say anything about a node. */
const fewestAnswers = 3;

/** From `withinMs` after a revocation no node takes the key, on a connection that was open all the time. */
export function judgeRevocation({ nodes, withinMs, revokedBy }: RevocationFacts): Finding {
  const lastTaken = nodes.map(({ name, answers }) => {
    const taken = answers.filter(({ status, afterMs }) => status === 200 && afterMs > 0);
    return { name, ms: Math.max(0, ...taken.map(({ afterMs }) => Math.round(afterMs))) };
  });
  const values = Object.fromEntries(lastTaken.map(({ name, ms }) => [`${name} took it last after ms`, ms]));
  const late = nodes.flatMap(({ name, answers }) => {
    const after = answers.filter(({ afterMs }) => afterMs >= withinMs);
    return after.some(({ status }) => status !== 401 && status !== null) ? [name] : [];
  });
  if (late.length > 0) {
    return failed(`${withinMs} ms after the revocation the key was still taken by ${listed(late)}.`, values);
  }
  for (const { name, answers } of nodes) {
    const before = answers.filter(({ afterMs, status }) => afterMs < 0 && status === 200).length;
    const after = answers.filter(({ afterMs, status }) => afterMs >= withinMs && status === 401).length;
    if (before < fewestAnswers || after < fewestAnswers) {
      return unknown(`${name} answered ${before} times before and ${after} times after the revocation.`, values);
    }
  }
  if (revokedBy === null) return failed('The audit log does not say who revoked the key.', values);
  const longest = Math.max(...lastTaken.map(({ ms }) => ms));
  return passed(`${nodes.length} nodes refused a revoked key after ${longest} ms, on open connections.`, values);
}
