import { isSuccess, jsonBytes, onlySecret, post, tamperBody } from '../make-request.rules.ts';
import { alphabets, characters } from '../random.rules.ts';
import type { Notification } from '../simulated-request.ts';
import type { Simulator } from '../simulator.ts';
import { type DocumensoFact, playDocumenso } from './documenso-world.rules.ts';
import { documensoRoles, webhookPayload } from './envelope.rules.ts';

/** Documenso 2.17: see its section of the provider facts. What it sends is not signed: a secret comes along. */
export const documenso: Simulator = {
  name: 'documenso',
  title: 'Documenso',
  secret: {
    what: "the webhook's secret; without one the header is empty",
    required: false,
    several: false,
    problemOf: (secret) =>
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret) ? null : 'is no header value; use printable ASCII',
    wrong: (random) => `not-${characters(random, 24, alphabets.mixed)}`,
  },
  events: [
    { name: 'DOCUMENT_CREATED', description: 'A document exists, as a draft' },
    { name: 'DOCUMENT_SENT', description: 'It went out to its recipients' },
    { name: 'DOCUMENT_OPENED', description: 'A recipient opened it for the first time' },
    { name: 'DOCUMENT_RECIPIENT_COMPLETED', description: 'A recipient has done their part; comes before SIGNED' },
    { name: 'DOCUMENT_SIGNED', description: 'A recipient has signed; may come after COMPLETED' },
    { name: 'DOCUMENT_COMPLETED', description: 'Everybody has signed, and it is sealed' },
    { name: 'DOCUMENT_REJECTED', description: 'A recipient refused, which ends it' },
    { name: 'DOCUMENT_CANCELLED', description: 'The sender took it back' },
    { name: 'DOCUMENT_REMINDER_SENT', description: 'Whoever has not signed was reminded' },
    { name: 'RECIPIENT_EXPIRED', description: "A recipient's time to sign has run out" },
    { name: 'TEMPLATE_CREATED', description: 'A template exists' },
    { name: 'TEMPLATE_UPDATED', description: 'It was changed' },
    { name: 'TEMPLATE_DELETED', description: 'It was deleted' },
    { name: 'TEMPLATE_USED', description: 'A document was made from it; comes beside DOCUMENT_CREATED' },
  ],
  roles: documensoRoles,
  about: {
    title: { kind: 'text', description: 'title of the document' },
    externalId: { kind: 'text', description: 'the id that your application gave it' },
    signingOrder: {
      kind: 'choice',
      choices: ['PARALLEL', 'SEQUENTIAL'],
      description: 'all at once, or in their order',
    },
    expiresAfterDays: { kind: 'whole', least: 1, most: 365, description: 'how long recipients have after it is sent' },
  },
  actions: {
    create: { by: 'sender', description: 'makes a draft' },
    send: { by: 'sender', description: 'sends it' },
    remind: { by: 'sender', description: 'reminds whoever has not signed' },
    cancel: { by: 'sender', description: 'takes it back' },
    'create-template': { by: 'sender', description: 'makes a template' },
    'update-template': { by: 'sender', description: 'changes it' },
    'delete-template': { by: 'sender', description: 'deletes it' },
    'use-template': { by: 'sender', description: 'makes a draft from it' },
    open: { by: 'person', description: 'looks at it; only the first time is told' },
    sign: {
      by: 'person',
      description: 'signs, approves or assists, whatever the role is',
      takes: { sealedFirst: { kind: 'flag', description: 'whether COMPLETED comes before SIGNED; else by chance' } },
    },
    reject: {
      by: 'person',
      description: 'refuses to sign',
      takes: { reason: { kind: 'text', description: 'why' } },
    },
    expire: { by: 'person', description: 'runs out of time' },
  },
  defaultScenario: 'one-signer-completes',
  covers: 'nothing',
  timestamped: false,
  timeoutMs: 10_000,
  // Attempts by its job runner: 4 back to back; 3, exponential from 1 s; 5, whose delays are not public.
  retries: {
    kind: 'independent',
    runners: { local: [0, 0, 0], bullmq: [1000, 2000], inngest: [0, 0, 0, 0] },
    usual: 'local',
  },
  play: (scenario, world) => playDocumenso(scenario, world).map(documensoNotification),
  acknowledged: ({ status }) => isSuccess(status),
  tamper: tamperBody,
};

/** A fact as the webhook that tells it. */
export function documensoNotification({ event, envelope, owner, atMs }: DocumensoFact): Notification {
  const payload = webhookPayload(envelope, owner);
  return {
    event,
    subject: envelope.envelopeId,
    atMs,
    // No id of the event exists, and createdAt is the time of the attempt.
    request: (stamp) => {
      const createdAt = new Date(stamp.nowMs).toISOString();
      const body = jsonBytes({ event, payload, createdAt, webhookEndpoint: stamp.url });
      return post(stamp, 'application/json', body, [['X-Documenso-Secret', onlySecret(stamp)]]);
    },
  };
}
