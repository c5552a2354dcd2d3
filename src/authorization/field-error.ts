/** A field of a credential gives nothing that can be used. The message says why and how to mend it, without a secret. */
export class FieldError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FieldError';
  }
}
