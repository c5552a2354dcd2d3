import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';

export type CallAuthentication =
  | { concerned: false }
  | { concerned: true; kinds: readonly { kind: string | null; calls: number }[]; callsMost: number };

/** Kinds whose tokens this connection gets by a grant of OAuth 2.0. */
const granted: ReadonlySet<string> = new Set(['docusign-jwt', 'oauth-client-credentials']);

/** Every call of 30 days went out under a token that the connection got by a grant. */
export function judgeAuthentication(facts: CallAuthentication): Finding {
  if (!facts.concerned) return notApplicable('It is no connection to DocuSign.');
  const total = facts.kinds.reduce((sum, { calls }) => sum + calls, 0);
  const values = {
    calls30Days: total,
    ...Object.fromEntries(facts.kinds.map(({ kind, calls }) => [`calls ${kind ?? 'without credential'}`, calls])),
  };
  const others = facts.kinds.filter(({ kind }) => kind === null || !granted.has(kind));
  const old = others.filter(({ kind }) => kind !== 'bearer');
  if (total === 0) return unknown('No call was made within 30 days.', values);
  const command = 'posthorn connections rotate <connection> --kind docusign-jwt';
  if (old.length > 0) {
    const kinds = listed(old.map(({ kind, calls }) => `${counted(calls, 'call')} ${kind ?? 'without a credential'}`));
    return failed(`Not all calls were under OAuth 2.0: ${kinds}.`, values, command);
  }
  if (others.length > 0) return unknown('A token was given by hand: nobody can tell how it was got.', values, command);
  return passed(`${counted(total, 'call')}, all under a token that the connection got by a grant.`, values);
}
