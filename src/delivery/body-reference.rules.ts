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
