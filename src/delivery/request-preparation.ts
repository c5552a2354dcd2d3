import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import { createSigner } from '../signing/signer.rules.ts';
import { secretHeaderNames } from '../signing/signing-scheme.rules.ts';
import { bodyReference, sendsReference, sizeOf } from './body-reference.rules.ts';
import type { PrepareRequest } from './lane.ts';
import { recordHeaders } from './recorded-headers.rules.ts';

/** Makes the signed URL of an event's body. */
export type BodyUrl = (event: { teamId: string; eventId: string; expiresAtMs: number }) => string;

/**
 * Makes an endpoint's requests: the event's content type, the endpoint's static headers, the signature over the very
 * bytes that are sent, and what Posthorn adds. Static headers may hold credentials: on record they are masked. A body
 * that is too large for the endpoint is replaced by a reference.
 */
export function prepareRequests(endpoint: EndpointConfig, bodyUrl: BodyUrl): PrepareRequest {
  const signer = createSigner(endpoint.signing, endpoint.secrets);
  const fixed = endpoint.headers;
  const masked = new Set<string>(secretHeaderNames(endpoint.signing));
  for (let index = 0; index < fixed.length; index += 2) masked.add(fixed[index] as string);
  return (item, timestampSeconds, whole) => {
    const isReference = sendsReference(item, endpoint.largeBodies);
    let body = whole;
    if (isReference) {
      const { teamId, eventId, eventType, contentType } = item;
      const expiresAtMs = (timestampSeconds + endpoint.largeBodies.referenceSeconds) * 1000;
      const url = bodyUrl({ teamId, eventId, expiresAtMs });
      body = bodyReference({
        eventType,
        contentType,
        sizeBytes: sizeOf(item),
        url,
        timestampMs: timestampSeconds * 1000,
        expiresAtMs,
      });
    }
    const headers = signer.headersFor({ id: item.eventId, timestampSeconds, body });
    headers.push('content-type', isReference ? 'application/json' : item.contentType);
    headers.push('posthorn-event-type', item.eventType, 'posthorn-attempt', String(item.attempts + 1));
    if (isReference) headers.push('posthorn-body', 'reference');
    if (item.origin !== null) {
      headers.push('posthorn-source', item.origin.sourceId, 'posthorn-verified', item.origin.coverage);
    }
    for (const part of fixed) headers.push(part);
    let recorded = recordHeaders(headers, masked.size === 0 ? undefined : masked);
    // Of the event itself the length is known; of what stood in its place nothing is kept.
    if (isReference) recorded += `\ncontent-length: ${body.length}`;
    return { headers, recorded, body };
  };
}
