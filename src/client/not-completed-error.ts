/** A signed document was asked for before everybody has signed. Wait for the webhook of the completion. */
export class NotCompletedError extends Error {
  readonly documentId: string;
  /** The status that the provider has it in. */
  readonly documentStatus: string;

  constructor(documentId: string, documentStatus: string) {
    super(`${documentId} is ${documentStatus} and not completed: there is nothing signed to download yet.`);
    this.name = 'NotCompletedError';
    this.documentId = documentId;
    this.documentStatus = documentStatus;
  }
}
