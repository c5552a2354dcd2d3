import type { DocumensoFile } from './envelope.ts';

/**
 * The multipart form that `/envelope/create` and `/envelope/use` take: JSON in `payload`, files in `files`.
 * @throws TypeError for a file that is none: a form would upload the word `undefined` in its place
 */
export function envelopeForm(payload: object, files: readonly DocumensoFile[] = []): FormData {
  const form = new FormData();
  form.append('payload', JSON.stringify(payload));
  for (const [index, { name, content }] of files.entries()) {
    if (typeof name !== 'string' || !(content instanceof Blob || content instanceof Uint8Array)) {
      throw new TypeError(`files[${index}] is { name, content }: a name, and a Blob or Uint8Array with the bytes.`);
    }
    const blob = content instanceof Blob ? content : new Blob([content]);
    // A slice of the same bytes that says what they are.
    form.append('files', blob.type === '' ? blob.slice(0, blob.size, 'application/pdf') : blob, name);
  }
  return form;
}
