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

const promotionProperties = { promotionId: id, reviewId: id, connectionId: id, overridden: { type: 'boolean' } };
const promotionExample = {
  promotionId: 'prm_01jz4b6m0e7f8g9h1j2k3m4n5x',
  reviewId: 'rev_01jz4b6m0e7f8g9h1j2k3m4n5y',
  connectionId: jobExample.connectionId,
  overridden: false,
};
const thresholdNames = [
  'errorPercent',
  'p95Ms',
  'deliverySuccessPercent',
  'deadLetters',
  'rejectedDocuments',
  'failedSignatures',
];

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
    description: 'An endpoint that had done nothing but fail for a minute or longer answered with success again.',
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
      seen: 'The delivery is dead after 1 attempt (500).',
      evidenceId: 'evd_01jz4b6m0e7f8g9h1j2k3m4n5y',
    },
  },
  {
    name: 'posthorn.review.reopened',
    description: 'A review whose integration went to production was reopened: something that was passed holds no more.',
    schema: object({ reviewId: id, name: text, because: text, was: text }),
    example: {
      reviewId: 'rev_01jz4b6m0e7f8g9h1j2k3m4n5z',
      name: 'Contracts, going live',
      because: 'The share of failed calls was above 2 % for 15 minutes.',
      was: 'promoted',
    },
  },
  {
    name: 'posthorn.review.resumed',
    description:
      'A review that was reopened is promoted again: what reopened it is mended, or an owner decided to go on.',
    schema: object({ reviewId: id, name: text, because: text, was: text }),
    example: {
      reviewId: 'rev_01jz4b6m0e7f8g9h1j2k3m4n5z',
      name: 'Contracts, going live',
      because: 'Taken up again. The provider had an outage until 14:20.',
      was: 'reopened',
    },
  },
  {
    name: 'posthorn.promotion.completed',
    description: 'A connection leads to production, was tried, and is watched from now on.',
    schema: object(promotionProperties),
    example: promotionExample,
  },
  {
    name: 'posthorn.promotion.rolled_back',
    description:
      'A connection leads to where it led before its promotion: the smoke test failed, or somebody decided so; or nothing could be switched.',
    schema: object({ ...promotionProperties, reason: text }),
    example: { ...promotionExample, reason: 'GET /v2.1/accounts/1 was answered 401 in 120 ms.' },
  },
  {
    name: 'posthorn.promotion.smoke_test',
    description: 'A promotion tries an endpoint with it. It says nothing else, and is sent to that endpoint alone.',
    schema: object({ message: text }),
    example: { message: 'A promotion tries whether this endpoint takes events.' },
  },
  {
    name: 'posthorn.launch.limit_crossed',
    description:
      'A value of a promoted integration was beyond a limit of its launch plan for as long as the plan says. It names who decides and what is to be done.',
    schema: object({
      reviewId: id,
      threshold: { enum: [...thresholdNames] },
      value: { type: ['number', 'null'] },
      limit: { type: 'number' },
      forSeconds: { type: 'integer', minimum: 0 },
      exceededSince: nullableText,
      decides: id,
      action: text,
      rollBack: text,
    }),
    example: {
      reviewId: promotionExample.reviewId,
      threshold: 'errorPercent',
      value: 12.5,
      limit: 2,
      forSeconds: 300,
      exceededSince: '2026-11-21T14:02:11.000Z',
      decides: 'mem_01jz4b6m0e7f8g9h1j2k3m4n5z',
      action: 'Roll back, and tell support.',
      rollBack: 'POST /v1/teams/team_01jz4b6m0e7f8g9h1j2k3m4n60/promotions/prm_01jz4b6m0e7f8g9h1j2k3m4n5x/roll-back',
    },
  },
] as const satisfies readonly OperationalEventType[];

export type OperationalEventName = (typeof operationalEventTypes)[number]['name'];
