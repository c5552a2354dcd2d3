import { createCredentialProbe } from '../authorization/probe-credential.ts';
import type { CredentialProbe } from '../connections/closing-probe.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { Call, Calling } from './call.ts';
import { type CallBody, callBodyOf } from './call-body.ts';
import type { Caller } from './caller.ts';
import type { CallingPorts } from './calling-ports.ts';
import { type ConnectionHealth, healthOf } from './connection-health.ts';
import { Departure } from './departure.ts';
import { createConnectionStates } from './connection-states.ts';
import type { IncomingCall } from './incoming-call.ts';
import { KeptBytes } from './kept-bytes.ts';
import { makeCall } from './make-call.ts';
import { openCall } from './open-call.ts';
import { createOwnCaller } from './own-call.ts';
import { createAnswerCache } from './policy/answer-cache.ts';

/** Answers kept by this node, of all connections. */
const cacheBytes = 268_435_456;
/** Requests' bodies that are kept for another try, while their calls are under way. */
const bodyBytes = 67_108_864;
/** Answers that are looked at while they pass. */
const captureBytes = 67_108_864;
const stopPollMs = 20;

/** Calls of providers through connections, on this node. */
export type Calls = {
  /**
   * Makes a call whose caller may call through its connection. Resolves when the caller was answered, or has left.
   * @throws Problem for what Posthorn is to answer itself
   */
  handle(incoming: IncomingCall): Promise<void>;
  /** The body of an HTTP request, for `handle`. */
  bodyOf: (request: Parameters<typeof callBodyOf>[0]) => CallBody;
  /** For calls that Posthorn makes itself. */
  caller: Caller;
  /** A last read with a credential that was removed: past the policies, and on record nowhere here. */
  probe: CredentialProbe;
  health(connection: ConnectionConfig): ConnectionHealth;
  /** Of all connections together: for metrics. */
  readonly figures: { underWay: number; waiting: number; openBreakers: number; cacheBytes: number };
  /** Waits for calls under way, ends those that take longer, and closes all connections. */
  stop(patienceMs: number): Promise<void>;
};

export function createCalling(ports: CallingPorts): Calls {
  const cache = createAnswerCache({ maxBytes: cacheBytes });
  const calling: Calling = { ports, cache, room: new KeptBytes(captureBytes) };
  const bodyRoom = new KeptBytes(bodyBytes);
  const states = createConnectionStates(ports, cache);
  const underWay = new Set<Departure>();

  const handle = async (incoming: IncomingCall): Promise<void> => {
    const departure = new Departure();
    const call: Call = openCall(calling, states, incoming, departure);
    underWay.add(departure);
    try {
      incoming.answer.listen({
        drained: () => call.attempt?.drained(),
        gone: () => departure.leave(),
      });
      await makeCall(call);
    } finally {
      underWay.delete(departure);
    }
  };

  return {
    handle,
    bodyOf: (request) => callBodyOf(request, bodyRoom, ports.timers),
    caller: createOwnCaller(ports.directory, handle),
    probe: createCredentialProbe(ports),
    health: (connection) => healthOf(connection, states.peek(connection.id), ports.clock.now()),
    get figures() {
      const sums = { underWay: underWay.size, waiting: 0, openBreakers: 0, cacheBytes: cache.sizeBytes };
      for (const { turns, circuit } of states.all()) {
        sums.waiting += turns.waiting;
        if (circuit.state !== 'closed') sums.openBreakers += 1;
      }
      return sums;
    },
    async stop(patienceMs) {
      const untilMs = ports.monotonicMs() + patienceMs;
      while (underWay.size > 0 && ports.monotonicMs() < untilMs) await after(ports, stopPollMs);
      for (const departure of underWay) departure.leave();
      states.stop();
    },
  };
}

function after({ timers }: CallingPorts, delayMs: number): Promise<void> {
  return new Promise((resolve) => timers.after(delayMs, resolve));
}
