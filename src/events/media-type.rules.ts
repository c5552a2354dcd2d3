/** In lower case, without parameters and white space; empty when there is none. Source: RFC 9110, section 8.3.1. */
export function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** `application/json` and what is built on it: RFC 6839, section 3.1. */
export function isJsonType(contentType: string | null): boolean {
  return /^application\/(json|[a-z0-9.+-]+\+json)$/.test(mediaTypeOf(contentType));
}
