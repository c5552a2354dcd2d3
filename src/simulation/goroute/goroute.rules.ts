import { hmacSha256, isSuccess, jsonBytes, onlySecret, post, tamperBody } from '../make-request.rules.ts';
import { alphabets, characters } from '../random.rules.ts';
import type { Notification } from '../simulated-request.ts';
import type { Simulator } from '../simulator.ts';
import { type GorouteFact, playGoroute } from './goroute-world.rules.ts';

/** The header's name is not public: this is what Posthorn assumes, and an option changes it. */
const usualSignatureHeader = 'X-GoRoute-Signature';

const testReceivers =
  'a Peppol id; GoRoute has 9915:phase4-test-receiver, 9915:reject-all, 9915:timeout-test, 9915:invalid-cert and 9915:not-registered for tests';

/** GoRoute: see its section of the provider facts. What `data` holds follows its webhook reference as far as it goes. */
export const goroute: Simulator = {
  name: 'goroute',
  title: 'GoRoute',
  secret: {
    what: 'the secret that the webhook was registered with',
    required: true,
    several: false,
    problemOf: () => null,
    wrong: (random) => `whsec_${characters(random, 32, alphabets.mixed)}`,
  },
  events: [
    { name: 'document.received', description: 'A document came in from the Peppol network' },
    { name: 'document.validated', description: 'It is valid' },
    { name: 'document.failed_validation', description: 'It is not' },
    { name: 'transaction.created', description: 'A document is to go out' },
    { name: 'transaction.delivered', description: 'It was delivered' },
    { name: 'transaction.failed', description: 'It could not be delivered' },
    { name: 'participant.updated', description: "A participant's registration changed" },
  ],
  roles: [],
  about: {
    sender: { kind: 'text', description: 'your own Peppol id' },
    receiver: { kind: 'text', description: `the other side: ${testReceivers}` },
    invoiceNumber: { kind: 'text', description: 'number of the invoice' },
  },
  actions: {
    send: { by: 'company', description: 'sends an invoice' },
    deliver: { by: 'network', description: 'delivers it' },
    fail: {
      by: 'network',
      description: 'cannot deliver it',
      takes: {
        code: { kind: 'text', description: 'code of the error' },
        message: { kind: 'text', description: 'what the error says' },
      },
    },
    receive: { by: 'network', description: 'brings an invoice' },
    validate: { by: 'goroute', description: 'finds it valid' },
    refuse: {
      by: 'goroute',
      description: 'finds it invalid',
      takes: {
        rule: { kind: 'text', description: 'id of the rule' },
        message: { kind: 'text', description: 'what the rule says' },
      },
    },
    'update-participant': { by: 'company', description: 'changes its registration' },
  },
  defaultScenario: 'invoice-delivered',
  covers: 'body',
  timestamped: false,
  timeoutMs: 30_000,
  // The schedule is not public.
  retries: { kind: 'independent', runners: { none: [] }, usual: 'none' },
  signatureHeader: usualSignatureHeader,
  play: (scenario, world) => playGoroute(scenario, world).map(gorouteNotification),
  acknowledged: ({ status }) => isSuccess(status),
  tamper: tamperBody,
};

/** A fact as the webhook that tells it. */
export function gorouteNotification(fact: GorouteFact): Notification {
  const { event, eventId, organizationId, subject, atMs, data } = fact;
  const timestamp = new Date(atMs).toISOString();
  const body = jsonBytes({ event, event_id: eventId, timestamp, organization_id: organizationId, data });
  return {
    event,
    subject,
    atMs,
    request: (stamp) =>
      post(stamp, 'application/json', body, [
        [
          stamp.signatureHeader ?? usualSignatureHeader,
          `sha256=${hmacSha256(onlySecret(stamp), body).toString('hex')}`,
        ],
        ['X-GoRoute-Event-ID', eventId],
      ]),
  };
}
