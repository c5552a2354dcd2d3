import { hmacSha256, isSuccess, jsonBytes, post, tamperBody } from '../make-request.rules.ts';
import { alphabets, characters } from '../random.rules.ts';
import type { Notification } from '../simulated-request.ts';
import type { Simulator } from '../simulator.ts';
import { type DocusignFact, playDocusign } from './docusign-world.rules.ts';
import { docusignRoles, envelopeSummary } from './envelope.rules.ts';

const dayMs = 86_400_000;
const apiVersion = 'v2.1';

/** DocuSign Connect with "JSON SIM" messages: see its section of the provider facts. */
export const docusign: Simulator = {
  name: 'docusign',
  title: 'DocuSign',
  secret: {
    what: 'a Connect HMAC key; several sign in X-DocuSign-Signature-1, -2 and so on',
    required: true,
    several: true,
    problemOf: () => null,
    wrong: (random) => `${characters(random, 43, alphabets.mixed)}=`,
  },
  events: [
    { name: 'envelope-created', description: 'An envelope exists, as a draft' },
    { name: 'envelope-sent', description: 'It went out' },
    { name: 'envelope-resent', description: 'It went out again' },
    { name: 'envelope-delivered', description: 'Everybody who signs has seen it' },
    { name: 'envelope-completed', description: 'Everybody has signed' },
    { name: 'envelope-declined', description: 'Somebody declined, which ends it' },
    { name: 'envelope-voided', description: 'The sender voided it' },
    { name: 'envelope-corrected', description: 'The sender corrected it on its way' },
    { name: 'envelope-purge', description: 'Its documents were purged' },
    { name: 'envelope-deleted', description: 'It was deleted' },
    { name: 'envelope-discard', description: 'A draft was thrown away' },
    { name: 'recipient-sent', description: "It is a recipient's turn" },
    { name: 'recipient-resent', description: 'A recipient was written to again' },
    { name: 'recipient-delivered', description: 'A recipient has seen it' },
    { name: 'recipient-completed', description: 'A recipient has signed' },
    { name: 'recipient-declined', description: 'A recipient declined' },
    { name: 'recipient-authenticationfailed', description: 'A recipient could not prove who they are' },
    { name: 'recipient-autoresponded', description: "A recipient's mailbox answered by itself" },
    { name: 'recipient-reassign', description: 'Somebody else is to sign instead' },
    { name: 'recipient-delegate', description: 'A recipient let somebody else sign' },
    { name: 'recipient-finish-later', description: 'A recipient put it off' },
    { name: 'template-created', description: 'A template exists' },
    { name: 'template-modified', description: 'It was changed' },
    { name: 'template-deleted', description: 'It was deleted' },
    { name: 'click-agreed', description: 'Somebody agreed to a clickwrap' },
    { name: 'click-declined', description: 'Somebody declined it' },
  ],
  roles: docusignRoles,
  about: {
    subject: { kind: 'text', description: 'subject of the e-mail' },
    signingOrder: {
      kind: 'choice',
      choices: ['PARALLEL', 'SEQUENTIAL'],
      description: 'all at once, or in their order',
    },
    pdfSizeBytes: {
      kind: 'whole',
      least: 1000,
      most: 100_000_000,
      description: 'size of the PDF that envelope-completed carries',
    },
  },
  actions: {
    create: { by: 'sender', description: 'makes a draft' },
    send: { by: 'sender', description: 'sends it' },
    resend: { by: 'sender', description: 'sends it again to whoever has not signed' },
    correct: { by: 'sender', description: 'corrects it on its way' },
    void: { by: 'sender', description: 'voids it', takes: { reason: { kind: 'text', description: 'why' } } },
    delete: { by: 'sender', description: 'deletes it' },
    discard: { by: 'sender', description: 'throws the draft away' },
    purge: { by: 'sender', description: 'purges its documents' },
    open: { by: 'person', description: 'looks at it; only the first time is told' },
    sign: { by: 'person', description: 'signs' },
    decline: { by: 'person', description: 'declines', takes: { reason: { kind: 'text', description: 'why' } } },
    'fail-authentication': { by: 'person', description: 'cannot prove who they are' },
    autorespond: { by: 'person', description: 'is away, says the mailbox' },
    reassign: { by: 'person', description: 'hands over to somebody else' },
    delegate: { by: 'person', description: 'lets somebody else sign' },
    'finish-later': { by: 'person', description: 'puts it off' },
    'create-template': { by: 'sender', description: 'makes a template' },
    'modify-template': { by: 'sender', description: 'changes it' },
    'delete-template': { by: 'sender', description: 'deletes it' },
    'agree-clickwrap': { by: 'visitor', description: 'agrees to a clickwrap' },
    'decline-clickwrap': { by: 'visitor', description: 'declines it' },
  },
  defaultScenario: 'one-signer-completes',
  covers: 'body',
  timestamped: false,
  // Not public.
  timeoutMs: 30_000,
  retries: { kind: 'acknowledged', retries: 10, delayMs: dayMs },
  play(scenario, world) {
    const asked = scenario.about['pdfSizeBytes'];
    const pdfSizeBytes = world.pdfSizeBytes ?? (typeof asked === 'number' ? asked : null);
    return playDocusign(scenario, world).map((fact) => docusignNotification(fact, pdfSizeBytes));
  },
  acknowledged: ({ status }) => isSuccess(status),
  tamper: tamperBody,
};

/** A fact as the message of Connect that tells it; `pdfSizeBytes` puts a PDF into envelope-completed. */
export function docusignNotification(fact: DocusignFact, pdfSizeBytes: number | null): Notification {
  const { event, about, atMs } = fact;
  return {
    event,
    subject: about.kind === 'envelope' ? about.envelope.envelopeId : about.id,
    atMs,
    request: (stamp) => {
      const body = jsonBytes(message(fact, stamp.attempt - 1, pdfSizeBytes));
      const signatures = stamp.secrets.map(
        (key, index) => [`X-DocuSign-Signature-${index + 1}`, hmacSha256(key, body).toString('base64')] as const,
      );
      return post(stamp, 'application/json; charset=utf-8', body, signatures);
    },
  };
}

function message(fact: DocusignFact, retryCount: number, pdfSizeBytes: number | null): object {
  const { event, account, about, atMs, sequence } = fact;
  const { accountId, userId, configurationId } = account;
  const base = `/restapi/${apiVersion}/accounts/${accountId}`;
  // What comes with templates and clickwraps is not public: their id, and nothing else.
  let uri = `${base}/${about.kind}s`;
  let data: object = { accountId, userId };
  if (about.kind === 'envelope') {
    const { envelope, recipientId } = about;
    uri = `${base}/envelopes/${envelope.envelopeId}`;
    data = {
      ...data,
      ...(recipientId === null ? {} : { recipientId }),
      envelopeId: envelope.envelopeId,
      envelopeSummary: envelopeSummary(envelope, account, event === 'envelope-completed' ? pdfSizeBytes : null),
    };
  } else {
    uri = `${uri}/${about.id}`;
    data = { ...data, [`${about.kind}Id`]: about.id };
  }
  // Seven decimals; with the envelope and the event they are all that tells two messages apart.
  const ticks = String(sequence % 10_000).padStart(4, '0');
  const generatedDateTime = new Date(atMs).toISOString().replace('Z', `${ticks}Z`);
  return { event, apiVersion, uri, retryCount, configurationId, generatedDateTime, data };
}
