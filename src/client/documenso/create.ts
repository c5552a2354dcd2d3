import type { AskProvider, CallOptions } from '../ask-provider.ts';
import type { DocumensoFile, DocumensoRole } from './envelope.ts';
import { envelopeForm } from './envelope-form.ts';

export type NewEnvelope = {
  title: string;
  /** A document unless given. */
  type?: 'DOCUMENT' | 'TEMPLATE';
  externalId?: string;
  visibility?: 'EVERYONE' | 'MANAGER_AND_ABOVE' | 'ADMIN';
  /** More, such as `fields`, as Documenso's API takes it. */
  recipients?: readonly { email: string; name: string; role: DocumensoRole; [more: string]: unknown }[];
  meta?: Readonly<Record<string, unknown>>;
  files: readonly DocumensoFile[];
};

/** Makes a draft of uploaded PDFs: POST /envelope/create. Documenso has no idempotency key, so it is not repeated. */
export function create(
  ask: AskProvider,
  { files, type = 'DOCUMENT', ...rest }: NewEnvelope,
  options?: CallOptions,
): Promise<{ id: string }> {
  const body = envelopeForm({ type, ...rest }, files);
  const request = { method: 'POST', path: '/api/v2/envelope/create', body, keys: ['id'] } as const;
  return ask.object<{ id: string }>('create', request, options);
}
