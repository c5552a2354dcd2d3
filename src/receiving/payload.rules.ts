import { jsonOf } from '../providers/signature.rules.ts';

export function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function isJson(contentType: string | null): boolean {
  return /^application\/(json|[a-z0-9.+-]+\+json)$/.test(mediaTypeOf(contentType));
}

/** What filters of endpoints look at; undefined when the body is not JSON. */
export function payloadOf(contentType: string | null, body: Buffer): unknown {
  return isJson(contentType) ? jsonOf(body) : undefined;
}
