import { type BodyUrl, prepareRequests } from './request-preparation.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';

/** A request as the engine would send it as a first attempt; header names in lower case. */
type SignedRequest = { url: string; headers: Record<string, string>; body: Buffer };

/** What an endpoint is sent: signed with its secrets as of `timestampSeconds`, with its static headers. */
export type SignForEndpoint = (input: {
  teamId: string;
  endpointId: string;
  eventId: string;
  eventType: string;
  body: Buffer;
  timestampSeconds: number;
}) => Promise<SignedRequest | null>;

/** For drills, which send what an attacker or a repeating network would. Null when the endpoint is gone. */
export function createSignForEndpoint(options: {
  endpoint: (teamId: string, endpointId: string) => Promise<EndpointConfig | null>;
  bodyUrl: BodyUrl;
}): SignForEndpoint {
  return async ({ teamId, endpointId, eventId, eventType, body, timestampSeconds }) => {
    const endpoint = await options.endpoint(teamId, endpointId);
    if (endpoint === null) return null;
    const item = {
      epoch: 0,
      teamId,
      deliveryId: '',
      eventId,
      endpointId,
      eventType,
      contentType: 'application/json',
      body,
      blob: null,
      origin: null,
      attempts: 0,
      cycleAttempts: 0,
      orderingKey: null,
      fresh: true,
      enteredAtMs: 0,
    };
    const { headers: flat, body: sent } = prepareRequests(endpoint, options.bodyUrl)(item, timestampSeconds, body);
    const headers: Record<string, string> = {};
    for (let index = 0; index + 1 < flat.length; index += 2) {
      headers[(flat[index] as string).toLowerCase()] = flat[index + 1] as string;
    }
    return { url: endpoint.url, headers, body: sent };
  };
}
