import type { Call } from './call.ts';

/** What Posthorn says beside an answer, of the provider or its own: flat. */
export function posthornHeaders(call: Call, storedAtMs: number | null = null): string[] {
  const { record, state } = call;
  const headers = [
    'posthorn-call-id',
    record.start.id,
    'posthorn-attempts',
    String(record.tries.length + (call.attempt === null ? 0 : 1)),
    'posthorn-cache',
    cacheState(call, storedAtMs),
    'posthorn-breaker',
    state.circuit.state,
  ];
  if (call.budgetRemaining !== null) headers.push('posthorn-budget-remaining', String(call.budgetRemaining));
  if (record.polling !== null) headers.push('posthorn-polling', pollingState(call));
  return headers;
}

function cacheState({ record, state, request, usesMemory, calling }: Call, storedAtMs: number | null): string {
  if (record.cache !== null && storedAtMs !== null) {
    const seconds = Math.max(0, Math.floor((calling.ports.clock.now() - storedAtMs) / 1000));
    return `${record.cache}; age=${seconds}`;
  }
  const { profile, policy } = state.config;
  return usesMemory && policy.cache.maxBytes > 0 && profile.isImmutable(request) ? 'miss' : 'bypass';
}

function pollingState({ record }: Call): string {
  const { polling, repeats } = record;
  if (repeats === null) return String(polling);
  return `${polling}; repeats=${repeats.callId}; age=${Math.round(repeats.agoMs / 1000)}; pattern=${repeats.pattern}`;
}
