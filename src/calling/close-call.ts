import type { CallEnd, CallError } from '../calls/call-ledger.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { Call } from './call.ts';
import { broughtCredential } from './policy/brought-credential.rules.ts';

/** What says nothing of the provider. */
const ofPosthorn: ReadonlySet<CallError> = new Set([
  'paused',
  'polling_refused',
  'budget_exhausted',
  'queue_full',
  'breaker_open',
  'caller_gone',
]);

/** Puts the end of a call on record. Once for each call. */
export function closeCall(call: Call): void {
  const { record, pending } = call;
  const { ports } = call.calling;
  const end = record.end({
    monotonicMs: ports.monotonicMs(),
    endedAtMs: ports.clock.now(),
    requestBytes: call.incoming.body.bytes,
  });
  noteHealth(call);
  noteBrought(call);
  if (pending === null) write(call, end);
  else void pending.then(() => write(call, { ...end, polling: record.polling, repeats: record.repeats }));
}

/** A call that Posthorn answered itself was no call to the provider: it is on record, but not waited for. */
function write(call: Call, end: CallEnd): void {
  const { ports } = call.calling;
  const start = call.isBegun ? call.record.start : { ...call.record.start, counted: false };
  ports.onCall?.(start, end);
  if (call.isBegun) ports.ledger.end(end);
  else {
    ports.ledger.begin(start).then(
      () => ports.ledger.end(end),
      () => undefined,
    );
  }
}

/** For whoever asks how the provider is: what calls that went out, or could not, say of it. */
function noteHealth({ state, record, calling }: Call): void {
  const atMs = calling.ports.clock.now();
  if (record.error === null) {
    if (record.cache === null) state.lastSuccessAtMs = atMs;
  } else if (!ofPosthorn.has(record.error)) state.lastFailure = { error: record.error, atMs };
}

/** Those of connections are the same for all calls; names of headers and accounts are no secrets. */
const storedSecrets = new WeakMap<ConnectionConfig, readonly string[]>();
const secretFields: ReadonlySet<string> = new Set(['token', 'value', 'password', 'clientSecret']);

/** Applications need a key of Posthorn alone: whoever brings a provider's has it lying about. */
function noteBrought({ incoming, record, state, calling }: Call): void {
  const { onBrought } = calling.ports;
  if (onBrought === undefined || incoming.origin !== 'egress') return;
  const secrets = [...storedSecretsOf(state.config), ...record.secrets()];
  const { headers, target, key = null } = incoming;
  const kind = broughtCredential({ headers, target, key }, secrets);
  if (kind !== null) onBrought(record.start, kind);
}

function storedSecretsOf(config: ConnectionConfig): readonly string[] {
  let secrets = storedSecrets.get(config);
  if (secrets === undefined) {
    const fields = config.credentials.flatMap((credential) => Object.entries(credential.fields));
    secrets = fields.flatMap(([name, field]) => (secretFields.has(name) && 'value' in field ? [field.value] : []));
    storedSecrets.set(config, secrets);
  }
  return secrets;
}
