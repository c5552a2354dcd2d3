/** What a file or a command holds as text, without the line break at its end; null when it is not UTF-8. */
export function textOfSecret(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.replace(/\r?\n$/, '');
  } catch {
    return null;
  }
}
