import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';

/** A document's bytes: GET /api/v1/documents/{id}/download. The body is a stream. */
export function download(ask: AskProvider, documentId: string, options?: CallOptions): Promise<Response> {
  const path = `/api/v1/documents/${pathSegment(documentId)}/download`;
  return ask.response('download', { method: 'GET', path, headers: { accept: '*/*' } }, options);
}
