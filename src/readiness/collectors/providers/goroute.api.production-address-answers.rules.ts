import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed } from '../../finding.rules.ts';

export type GorouteAddress =
  | { concerned: false; why: string }
  | {
      concerned: true;
      baseUrl: string | null;
      productionUrl: string | null;
      health: { status: number; durationMs: number; problem: string | null };
    };

const longestMs = 5_000;

/** The published address of production, answering its health path, and not refusing the key. */
export function judgeGorouteAddress(facts: GorouteAddress): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { baseUrl, productionUrl, health } = facts;
  const values = {
    baseUrl,
    healthStatus: health.status === 0 ? null : health.status,
    durationMs: health.durationMs,
  };
  if (baseUrl !== productionUrl) {
    const command = 'PATCH /v1/teams/{team}/connections/{connection} {"baseUrl": null}';
    return failed(
      `Calls go to ${baseUrl ?? 'nowhere'}, and production is ${productionUrl ?? 'nowhere'}.`,
      values,
      command,
    );
  }
  const command = 'posthorn connections check <connection>';
  if (health.status === 401 || health.status === 403) return failed('GoRoute refused the key.', values, command);
  if (health.status === 0) return failed(`No answer came (${health.problem ?? 'unknown'}).`, values, command);
  if (health.status !== 200) return failed(`The health path was answered ${health.status}.`, values, command);
  if (health.durationMs > longestMs) return failed(`The health path took ${health.durationMs} ms.`, values, command);
  return passed(`${baseUrl ?? ''} answers in ${health.durationMs} ms.`, values);
}
