import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { parseAddress } from './address.rules.ts';
import { classifyError, EgressFailure, errorCode, scarcityOf } from './exchange-result.ts';

/** How long one address may keep the next waiting: RFC 8305 section 5. */
const attemptDelayMs = 250;
const mostAddresses = 8;

/**
 * Connects to the first of the addresses that answers, starting them 250 ms apart (RFC 8305). The addresses are
 * literals that the caller has validated, and nothing is resolved here. Rejects with an EgressFailure, or with the
 * signal's reason; sockets that lost are closed.
 * @param what is connected to, for the message: `port 443`
 */
export function dial(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
  what = `port ${port}`,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = interleaveFamilies(addresses).slice(0, mostAddresses);
    const attempts = new Set<Socket>();
    let nextTimer: NodeJS.Timeout | undefined;
    let lastError = new EgressFailure('connect', 'there is no address to connect to');

    function settle(): void {
      clearTimeout(nextTimer);
      signal.removeEventListener('abort', abort);
      for (const socket of attempts) socket.destroy();
      attempts.clear();
    }

    function abort(): void {
      settle();
      reject(classifyError(signal.reason));
    }

    function attempt(): void {
      clearTimeout(nextTimer);
      const address = waiting.shift();
      if (address === undefined) {
        if (attempts.size > 0) return;
        settle();
        reject(lastError);
        return;
      }
      if (waiting.length > 0) nextTimer = setTimeout(attempt, attemptDelayMs);
      const socket = connect({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
      attempts.add(socket);
      socket.on('error', (error) => {
        if (!attempts.delete(socket)) return;
        lastError =
          error instanceof EgressFailure
            ? error
            : (scarcityOf(error) ?? new EgressFailure('connect', `connecting to ${what} failed (${errorCode(error)})`));
        attempt();
      });
      socket.once('connect', () => {
        if (!isPeer(socket, address)) {
          socket.destroy(new EgressFailure('blocked', 'the connection leads to another address'));
          return;
        }
        attempts.delete(socket);
        settle();
        resolve(socket);
      });
    }

    if (signal.aborted) {
      reject(classifyError(signal.reason));
      return;
    }
    signal.addEventListener('abort', abort);
    attempt();
  });
}

/** RFC 8305 section 4: the families take turns, beginning with the resolver's first choice. */
function interleaveFamilies(addresses: readonly string[]): string[] {
  const first = addresses.filter((address) => address.includes(':') === addresses[0]?.includes(':'));
  const second = addresses.filter((address) => !first.includes(address));
  const mixed: string[] = [];
  for (let at = 0; at < Math.max(first.length, second.length); at += 1) {
    mixed.push(...first.slice(at, at + 1), ...second.slice(at, at + 1));
  }
  return mixed;
}

function isPeer(socket: Socket, address: string): boolean {
  const expected = parseAddress(address);
  const actual = parseAddress(socket.remoteAddress ?? '');
  return expected !== null && actual !== null && expected.family === actual.family && expected.value === actual.value;
}
