import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';

/** The audit log as a PDF: GET /envelope/{envelopeId}/audit-log/download. The body is a stream. */
export function auditLog(ask: AskProvider, envelopeId: string, options?: CallOptions): Promise<Response> {
  const path = `/api/v2/envelope/${pathSegment(envelopeId)}/audit-log/download`;
  return ask.response('auditLog', { method: 'GET', path, headers: { accept: 'application/pdf' } }, options);
}
