/** The body is too large for this endpoint, wherever it is kept: it gets a reference instead. */
export function sendsReference(
  item: { body: { length: number }; blob: { sizeBytes: number } | null },
  largeBodies: { inlineMaxBytes: number },
): boolean {
  return sizeOf(item) > largeBodies.inlineMaxBytes;
}

/** Bytes of an event's body, in memory or in the blob store. */
export function sizeOf(item: { body: { length: number }; blob: { sizeBytes: number } | null }): number {
  return item.blob?.sizeBytes ?? item.body.length;
}

/**
 * What an endpoint gets in place of a body that is too large for it: JSON in the form of the other events, whose data
 * says where the body is, how large, of what type, and until when the URL is good.
 */
export function bodyReference(input: {
  eventType: string;
  contentType: string;
  sizeBytes: number;
  url: string;
  timestampMs: number;
  expiresAtMs: number;
}): Buffer {
  const { eventType, contentType, sizeBytes, url } = input;
  return Buffer.from(
    JSON.stringify({
      type: eventType,
      timestamp: new Date(input.timestampMs).toISOString(),
      data: { bodyUrl: url, contentType, sizeBytes, expiresAt: new Date(input.expiresAtMs).toISOString() },
    }),
  );
}
