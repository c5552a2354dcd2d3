/** An event type that Posthorn itself sends: registered for every team, and nobody's to change. */
export type OperationalEventType = {
  name: string;
  description: string;
  schema: Record<string, unknown>;
  example: Record<string, unknown>;
};

const endpointId = 'ep_01jz4b6m0e7f8g9h1j2k3m4n5p';
const exampleUrl = 'https://example.com/webhooks';
const url = { type: 'string' };
const id = { type: 'string', minLength: 1 };

const nullableText = { type: ['string', 'null'] };
const text = { type: 'string' };

function object(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: 'object', properties, required: Object.keys(properties) };
}

const jobProperties = {
  jobId: id,
  connectionId: id,
  provider: text,
  subject: text,
  eventId: nullableText,
  attempts: { type: 'integer', minimum: 0 },
  lastError: nullableText,
};
const jobExample = {
  jobId: 'ajb_01jz4b6m0e7f8g9h1j2k3m4n5t',
  connectionId: 'con_01jz4b6m0e7f8g9h1j2k3m4n5w',
  provider: 'documenso',
  subject: 'envelope_gk3hsdkwnxyz',
  eventId: 'evt_01jz4b6m0e7f8g9h1j2k3m4n5r',
};

/** All of them; `data` of such an event fits `schema`. */
export const operationalEventTypes = [
  {
    name: 'posthorn.delivery.dead',
    description: 'A delivery was given up: its attempts are exhausted, or the endpoint refused it for good.',
    schema: object({
      deliveryId: id,
      eventId: id,
      endpointId: id,
      attempts: { type: 'integer', minimum: 1 },
      lastStatus: { type: ['integer', 'null'] },
      lastError: { type: ['string', 'null'] },
    }),
    example: {
      deliveryId: 'dlv_01jz4b6m0e7f8g9h1j2k3m4n5q',
      eventId: 'evt_01jz4b6m0e7f8g9h1j2k3m4n5r',
      endpointId,
      attempts: 5,
      lastStatus: 503,
      lastError: 'http',
    },
  },
  {
    name: 'posthorn.endpoint.disabled',
    description: 'An endpoint was disabled: it answered 410, or nothing but failed for too long. Its events are held.',
    schema: object({ endpointId: id, url, reason: { type: 'string' } }),
    example: { endpointId, url: exampleUrl, reason: 'nothing but failures for 432000 seconds' },
  },
  {
    name: 'posthorn.endpoint.recovered',
    description: 'An endpoint that had been failing answered with success again.',
    schema: object({ endpointId: id, url, failedSeconds: { type: 'integer', minimum: 0 } }),
    example: { endpointId, url: exampleUrl, failedSeconds: 3600 },
  },
  {
    name: 'posthorn.endpoint.breaker_opened',
    description: 'Too many attempts failed: the endpoint gets single probes until one succeeds, and its events wait.',
    schema: object({ endpointId: id, url }),
    example: { endpointId, url: exampleUrl },
  },
  {
    name: 'posthorn.replay.finished',
    description: 'A replay has gone through everything that its filter matched.',
    schema: object({
      replayId: id,
      matched: { type: 'integer', minimum: 0 },
      resent: { type: 'integer', minimum: 0 },
      dryRun: { type: 'boolean' },
    }),
    example: { replayId: 'rpl_01jz4b6m0e7f8g9h1j2k3m4n5s', matched: 1200, resent: 1200, dryRun: false },
  },
  {
    name: 'posthorn.archive.late',
    description: 'The documents of something completed are not archived after an hour. It is tried on.',
    schema: object(jobProperties),
    example: { ...jobExample, attempts: 4, lastError: 'provider_failed' },
  },
  {
    name: 'posthorn.archive.missing',
    description:
      'The documents of something completed could not be archived, and are not tried for any more: the provider says that they are gone, three days have passed, or what is known leads to none.',
    schema: object({ ...jobProperties, state: { enum: ['missing', 'failed'] } }),
    example: { ...jobExample, attempts: 15, lastError: 'gone', state: 'missing' },
  },
  {
    name: 'posthorn.archive.damaged',
    description: 'The bytes of an archived document are missing, or are not those that were stored.',
    schema: object({
      documentId: id,
      jobId: id,
      connectionId: id,
      provider: text,
      subject: text,
      kind: text,
      sha256: text,
      state: { enum: ['damaged', 'missing'] },
    }),
    example: {
      documentId: 'doc_01jz4b6m0e7f8g9h1j2k3m4n5v',
      jobId: jobExample.jobId,
      connectionId: jobExample.connectionId,
      provider: jobExample.provider,
      subject: jobExample.subject,
      kind: 'signed',
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      state: 'damaged',
    },
  },
  {
    name: 'posthorn.drill.failed',
    description: 'A drill found that its check does not hold. Rehearsals tell nothing.',
    schema: object({ runId: id, check: text, subject: text, seen: text, evidenceId: nullableText }),
    example: {
      runId: 'drl_01jz4b6m0e7f8g9h1j2k3m4n5x',
      check: 'delivery.failed-ones-retried',
      subject: 'gateway',
      seen: 'The delivery is dead after 1 attempts (500).',
      evidenceId: 'evd_01jz4b6m0e7f8g9h1j2k3m4n5y',
    },
  },
] as const satisfies readonly OperationalEventType[];
