import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed } from '../../finding.rules.ts';

export type ProductionAddresses =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** Null: found with the credentials, by /oauth/userinfo. */
      baseHost: string | null;
      /** Where tokens come from; null: the account server of the environment. */
      tokenHosts: readonly (string | null)[];
      /** Calls of 30 days on record as of another environment. */
      sandboxCalls: number;
    };

const tokenHost = 'account.docusign.com';
const demoHosts: ReadonlySet<string> = new Set(['demo.docusign.net', 'account-d.docusign.com']);

/** Tokens come from the production account server, calls go to a production server, and to no demo host. */
export function judgeBaseUrls(facts: ProductionAddresses): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { baseHost, tokenHosts, sandboxCalls } = facts;
  const values = {
    baseHost: baseHost ?? 'of the account',
    tokenHost: listed(tokenHosts.map((host) => host ?? tokenHost)),
    sandboxCalls,
  };
  const command = 'PATCH /v1/teams/{team}/connections/{connection} {"baseUrl": null}';
  if (baseHost !== null && (demoHosts.has(baseHost) || !baseHost.endsWith('.docusign.net'))) {
    return failed(`Calls go to ${baseHost}, which is no production server of DocuSign.`, values, command);
  }
  const others = tokenHosts.filter((host) => host !== null && host !== tokenHost);
  if (others.length > 0) {
    return failed(`Tokens come from ${listed(others.map(String))}, not from ${tokenHost}.`, values, command);
  }
  if (sandboxCalls > 0)
    return failed('Calls of 30 days through it were made as calls of the sandbox.', values, command);
  return passed('Tokens and calls go to production addresses.', values);
}
