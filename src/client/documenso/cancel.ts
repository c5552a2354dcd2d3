import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { ProviderError } from '../provider-error.ts';
import { get } from './get.ts';

/**
 * Cancels an envelope: POST /envelope/cancel. Documenso answers 400 when it is cancelled already, as when a first answer
 * was lost, so that case is looked at.
 * @returns `cancelled`, or `was_cancelled` before
 * @throws ProviderError when it cannot be cancelled
 */
export async function cancel(
  ask: AskProvider,
  envelopeId: string,
  options?: CallOptions,
): Promise<'cancelled' | 'was_cancelled'> {
  try {
    const request = {
      method: 'POST',
      path: '/api/v2/envelope/cancel',
      json: { envelopeId },
      repeatable: true,
    } as const;
    const answer = await ask.response('cancel', request, options);
    await answer.body?.cancel();
    return 'cancelled';
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 400) throw error;
    const { status } = await get(ask, envelopeId, options);
    if (status === 'CANCELLED') return 'was_cancelled';
    throw error;
  }
}
