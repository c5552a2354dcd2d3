/** An id of a provider as a segment of a path; null for what is no id: dots and slashes could lead elsewhere. */
export function pathId(text: string | null): string | null {
  return text !== null && /^[A-Za-z0-9_-]{1,128}$/.test(text) ? text : null;
}

/** A title as the name of a file: what systems or shells take amiss is replaced, and it is at most 100 characters long. */
export function fileName(title: string | null, fallback: string, ending: string): string {
  const plain = (title ?? '')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/\.pdf$/i, '')
    .replaceAll(/^[.\s]+|[.\s]+$/g, '');
  const name = Array.from(plain).slice(0, 100).join('').trim();
  return `${name === '' ? fallback : name}${ending}`;
}
