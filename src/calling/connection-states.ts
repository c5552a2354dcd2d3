import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { CallingPorts } from './calling-ports.ts';
import { ConnectionState } from './connection-state.ts';
import type { AnswerCache } from './policy/answer-cache.ts';

/** What this node knows of each connection that was called through. */
export type ConnectionStates = {
  of(connection: ConnectionConfig): ConnectionState;
  /** Null: nothing was called through it since this node started. */
  peek(connectionId: string): ConnectionState | null;
  all(): Iterable<ConnectionState>;
  stop(): void;
};

/** Follows the directory: of a connection that was changed nothing of its old credentials and answers is kept. */
export function createConnectionStates(ports: CallingPorts, cache: AnswerCache): ConnectionStates {
  const states = new Map<string, ConnectionState>();

  ports.directory.onChange((connectionId) => {
    ports.authorizer.forget(connectionId);
    cache.forget(connectionId);
    const state = states.get(connectionId);
    if (state === undefined) return;
    const config = ports.directory.find(connectionId);
    if (config !== null) {
      state.adopt(config);
      return;
    }
    states.delete(connectionId);
    state.closeUpstreams();
  });

  return {
    of(connection) {
      let state = states.get(connection.id);
      if (state === undefined) {
        state = new ConnectionState(connection, ports);
        states.set(connection.id, state);
      } else state.adopt(connection);
      return state;
    },
    peek: (connectionId) => states.get(connectionId) ?? null,
    all: () => states.values(),
    stop() {
      for (const state of states.values()) state.closeUpstreams();
    },
  };
}
