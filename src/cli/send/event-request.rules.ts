import type { RawBody } from '../api/api-client.ts';

export type EventFlags = {
  type: string;
  contentType: string | undefined;
  idempotencyKey: string | undefined;
  orderingKey: string | undefined;
};

/** The request that posts an event, or null when the payload has to be JSON and is not. */
export function eventRequest(flags: EventFlags, payload: Buffer): { query: string; raw: RawBody } | null {
  const { type, contentType, idempotencyKey, orderingKey } = flags;
  const keyHeader = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  if (contentType !== undefined) {
    const ordering = orderingKey === undefined ? '' : `&orderingKey=${encodeURIComponent(orderingKey)}`;
    return {
      query: `?type=${encodeURIComponent(type)}${ordering}`,
      raw: { bytes: payload, headers: { 'content-type': contentType, ...keyHeader } },
    };
  }
  const text = payload.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  // The payload's own text, so that 1.10 and 12345678901234567890 arrive as they were written.
  const ordering = orderingKey === undefined ? '' : `,"orderingKey":${JSON.stringify(orderingKey)}`;
  const body = `{"type":${JSON.stringify(type)},"payload":${text}${ordering}}`;
  return {
    query: '',
    raw: { bytes: Buffer.from(body), headers: { 'content-type': 'application/json', ...keyHeader } },
  };
}
