import type { DocumensoFile } from './envelope.ts';

/** The multipart form that `/envelope/create` and `/envelope/use` take: JSON in `payload`, files in `files`. */
export function envelopeForm(payload: object, files: readonly DocumensoFile[] = []): FormData {
  const form = new FormData();
  form.append('payload', JSON.stringify(payload));
  for (const { name, content } of files) {
    const blob = content instanceof Blob ? content : new Blob([content]);
    // A slice of the same bytes that says what they are.
    form.append('files', blob.type === '' ? blob.slice(0, blob.size, 'application/pdf') : blob, name);
  }
  return form;
}
