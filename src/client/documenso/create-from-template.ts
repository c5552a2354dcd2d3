import type { AskProvider, CallOptions } from '../ask-provider.ts';
import type { DocumensoFile, SigningRecipient } from './envelope.ts';
import { envelopeForm } from './envelope-form.ts';

export type FromTemplate = {
  /** The template's envelope id. */
  templateId: string;
  /** Your id for the document: `findByExternalId` finds it by this when it is not known whether it was made. */
  externalId?: string;
  /** `id` is that of the template's recipient. */
  recipients?: readonly { id: number; email: string; name?: string; signingOrder?: number }[];
  /** Sends it at once; otherwise it stays a draft, for `distribute`. */
  distributeDocument?: boolean;
  /** As Documenso's API takes them. */
  prefillFields?: readonly Readonly<Record<string, unknown>>[];
  override?: Readonly<Record<string, unknown>>;
  files?: readonly DocumensoFile[];
};

export type FromTemplateAnswer = { id: string; recipients: SigningRecipient[] };

/** Makes a document of a template: POST /envelope/use. Documenso has no idempotency key, so it is not repeated. */
export function createFromTemplate(
  ask: AskProvider,
  { templateId, files, ...rest }: FromTemplate,
  options?: CallOptions,
): Promise<FromTemplateAnswer> {
  const body = envelopeForm({ envelopeId: templateId, ...rest }, files);
  const request = { method: 'POST', path: '/api/v2/envelope/use', body, keys: ['id', 'recipients'] } as const;
  return ask.object<FromTemplateAnswer>('createFromTemplate', request, options);
}
