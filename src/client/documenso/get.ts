import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';
import type { EnvelopeDetails } from './envelope.ts';

/** One envelope: GET /envelope/{envelopeId}. */
export function get(ask: AskProvider, envelopeId: string, options?: CallOptions): Promise<EnvelopeDetails> {
  const path = `/api/v2/envelope/${pathSegment(envelopeId)}`;
  return ask.object<EnvelopeDetails>('get', { method: 'GET', path, keys: ['id', 'status'] }, options);
}
