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

function object(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: 'object', properties, required: Object.keys(properties) };
}

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
] as const satisfies readonly OperationalEventType[];
