import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';

/** The signing certificate as a PDF: GET /envelope/{envelopeId}/certificate/download. The body is a stream. */
export function certificate(ask: AskProvider, envelopeId: string, options?: CallOptions): Promise<Response> {
  const path = `/api/v2/envelope/${pathSegment(envelopeId)}/certificate/download`;
  return ask.response('certificate', { method: 'GET', path, headers: { accept: 'application/pdf' } }, options);
}
