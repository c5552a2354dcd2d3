import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import { createSigner } from '../signing/signer.rules.ts';
import { secretHeaderNames } from '../signing/signing-scheme.rules.ts';
import type { PrepareRequest } from './lane.ts';
import { recordHeaders } from './recorded-headers.rules.ts';

/**
 * Makes an endpoint's request headers: the event's content type, the endpoint's static headers, the signature over
 * the very bytes that are sent, and what Posthorn adds. Static headers may hold credentials: on record they are masked.
 */
export function prepareRequests(endpoint: EndpointConfig): PrepareRequest {
  const signer = createSigner(endpoint.signing, endpoint.secrets);
  const fixed = endpoint.headers;
  const masked = new Set<string>(secretHeaderNames(endpoint.signing));
  for (let index = 0; index < fixed.length; index += 2) masked.add(fixed[index] as string);
  return (item, timestampSeconds) => {
    const headers = signer.headersFor({ id: item.eventId, timestampSeconds, body: item.body });
    headers.push('content-type', item.contentType, 'posthorn-event-type', item.eventType);
    headers.push('posthorn-attempt', String(item.attempts + 1));
    for (const part of fixed) headers.push(part);
    return { headers, recorded: recordHeaders(headers, masked.size === 0 ? undefined : masked) };
  };
}
