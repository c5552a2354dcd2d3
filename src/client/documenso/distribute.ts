import type { AskProvider, CallOptions } from '../ask-provider.ts';
import type { SigningRecipient } from './envelope.ts';

export type Distributed = { success: boolean; id: string; recipients: SigningRecipient[] };

/** Sends a draft to its recipients: POST /envelope/distribute. `meta`: subject, message and so on, as the API takes it. */
export function distribute(
  ask: AskProvider,
  envelopeId: string,
  options: CallOptions & { meta?: Readonly<Record<string, unknown>> } = {},
): Promise<Distributed> {
  const json = { envelopeId, meta: options.meta };
  const request = { method: 'POST', path: '/api/v2/envelope/distribute', json, keys: ['id', 'recipients'] } as const;
  return ask.object<Distributed>('distribute', request, options);
}
