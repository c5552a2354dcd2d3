/** An e-mail address as far as it matters here: something on both sides of one @, without spaces and control characters. */
export const emailPattern = '^[^\\s@<>"\\u0000-\\u001f\\u007f]+@[^\\s@<>"\\u0000-\\u001f\\u007f]+$';

/** What two addresses of one person have in common: case is of no account, nor is how accents are composed. */
export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}
