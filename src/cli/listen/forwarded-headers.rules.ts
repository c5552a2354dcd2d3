import type { Signer } from '../../signing/signer.rules.ts';
import type { ListenedEvent } from './listened-line.rules.ts';

/** The headers that a delivery of this event has, without those that its endpoint would add; `attempt` is from 1. */
export function forwardedHeaders(
  event: Pick<ListenedEvent, 'id' | 'type' | 'contentType' | 'sourceId' | 'coverage'>,
  request: { signer: Signer; body: Buffer; timestampSeconds: number; attempt: number; userAgent: string },
): Record<string, string> {
  const { signer, body, timestampSeconds, attempt } = request;
  const headers: Record<string, string> = { 'user-agent': request.userAgent };
  const signed = signer.headersFor({ id: event.id, timestampSeconds, body });
  for (let index = 0; index < signed.length; index += 2) headers[signed[index] ?? ''] = signed[index + 1] ?? '';
  headers['content-type'] = event.contentType;
  headers['posthorn-event-type'] = event.type;
  headers['posthorn-attempt'] = String(attempt);
  if (event.sourceId !== null) {
    headers['posthorn-source'] = event.sourceId;
    headers['posthorn-verified'] = event.coverage ?? 'fields';
  }
  headers['content-length'] = String(body.length);
  return headers;
}
