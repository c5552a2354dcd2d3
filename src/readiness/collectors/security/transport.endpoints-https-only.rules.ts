import type { Finding } from '../../finding.ts';
import { dayMs, failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { HandshakeFact } from '../../instruments.ts';

export type EndpointTransport = {
  isActive: boolean;
  isHttps: boolean;
  /** Null: there was no use in trying. */
  handshake: HandshakeFact | null;
  /** Whether the rule for new endpoints refuses the same URL with http in production. */
  refusesHttp: boolean;
};

const leastLeftDays = 14;
/** What says nothing of the certificate: nobody answered. */
const unreached: ReadonlySet<string> = new Set(['dns', 'connect', 'timeout', 'reset']);

/** HTTPS with a chain that is trusted, the right name, and two weeks left. */
export function judgeTransport(facts: EndpointTransport, nowMs: number): Finding {
  const { handshake } = facts;
  if (!facts.isActive) return notApplicable('The endpoint is not active.');
  const command = 'PATCH /v1/teams/{team}/endpoints/{endpoint} {"url": "https://…"}';
  if (!facts.isHttps) return failed('The URL is not https.', { https: false }, command);
  if (!facts.refusesHttp) return failed('The rule for new endpoints would take the same URL with http.', {}, null);
  if (handshake === null) return unknown('The handshake was not tried.');
  if (!handshake.trusted) {
    const seen = `The handshake failed: ${handshake.reason}.`;
    return unreached.has(handshake.kind) ? unknown(seen) : failed(seen, { https: true }, command);
  }
  const daysLeft = Math.floor((handshake.validToMs - nowMs) / dayMs);
  const values = { https: true, protocol: handshake.protocol, certificateDaysLeft: daysLeft };
  if (daysLeft < leastLeftDays) {
    return failed(`The certificate ends in ${daysLeft} days; it takes ${leastLeftDays}.`, values, null);
  }
  return passed(`${handshake.protocol}, a trusted certificate, and ${daysLeft} days left.`, values);
}
