/** What an event's body says, parsed when it is first asked for. */
export type EventContent = {
  /** The body as JSON; undefined when it is none. */
  readonly data: unknown;
  /** What was posted as `payload`: `data` without the frame that Posthorn puts around it, where there is one. */
  readonly payload: unknown;
};

/** Where a body is that was too large to be sent along. */
export type BodyReference = {
  /** Signed, and good until `expiresAt`: whoever has it can read the body. */
  readonly url: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly expiresAt: Date;
};

/** The reference that a payload is; null when it is none. */
export function readReference(payload: unknown): BodyReference | null {
  const { bodyUrl, contentType, sizeBytes, expiresAt } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof bodyUrl !== 'string' || typeof contentType !== 'string') return null;
  if (typeof sizeBytes !== 'number' || typeof expiresAt !== 'string') return null;
  return { url: bodyUrl, contentType, sizeBytes, expiresAt: new Date(expiresAt) };
}

/** JSON by its content type, in UTF-8; undefined for anything else, and for what only claims to be JSON. */
export function parseJson(body: Uint8Array, contentType: string): unknown {
  const [mediaType = ''] = contentType.split(';', 1);
  if (!/^\s*(?:application|text)\/(?:[^\s;]+\+)?json\s*$/i.test(mediaType)) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** Standard Webhooks advises `{type, timestamp, data}`, and so Posthorn frames what was posted as JSON. */
export function payloadOf(data: unknown, type: string): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const frame = data as Readonly<Record<string, unknown>>;
  const isFrame = Object.keys(frame).join() === 'type,timestamp,data' && frame['type'] === type;
  return isFrame ? frame['data'] : data;
}

/** A value that is made when it is first asked for. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
