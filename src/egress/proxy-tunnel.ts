import type { Socket } from 'node:net';
import { classifyError, EgressFailure } from './exchange-result.ts';
import type { Proxy } from './proxy.rules.ts';

const largestAnswer = 16_384;

/**
 * Asks a connected proxy for a tunnel to `host` (a literal address, or a name when the proxy is to resolve it) and
 * gives the same socket back. Rejects with an EgressFailure, or with the signal's reason; the socket is then closed.
 */
export function openTunnel(
  socket: Socket,
  proxy: Proxy,
  target: { host: string; port: number },
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
    let answer: Buffer = Buffer.alloc(0);

    function settle(error: EgressFailure | null): void {
      signal.removeEventListener('abort', abort);
      socket.off('readable', read).off('end', ended).off('error', ended);
      if (error === null) resolve(socket);
      else {
        socket.destroy();
        reject(error);
      }
    }

    function abort(): void {
      settle(classifyError(signal.reason));
    }

    function ended(): void {
      settle(new EgressFailure('connect', 'the proxy closed the connection'));
    }

    function read(): void {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
        answer = Buffer.concat([answer, chunk]);
        const end = answer.indexOf('\r\n\r\n');
        if (end !== -1) {
          settle(judgeAnswer(answer, end));
          return;
        }
        if (answer.length > largestAnswer) {
          settle(new EgressFailure('connect', 'the proxy answered with too many headers'));
          return;
        }
      }
    }

    if (signal.aborted) {
      settle(classifyError(signal.reason));
      return;
    }
    signal.addEventListener('abort', abort);
    socket.on('readable', read).on('end', ended).on('error', ended);
    const authorization = proxy.authorization === null ? '' : `proxy-authorization: ${proxy.authorization}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`, 'latin1');
  });
}

/** Bytes after the answer come before our TLS hello: no honest proxy or server sends them. */
function judgeAnswer(answer: Buffer, end: number): EgressFailure | null {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1', 0, 64))?.[1];
  if (status === undefined) return new EgressFailure('connect', 'the proxy does not speak HTTP');
  if (status === '407') return new EgressFailure('connect', 'the proxy refused our credentials (407)');
  if (!status.startsWith('2')) return new EgressFailure('connect', `the proxy refused the tunnel (${status})`);
  if (answer.length > end + 4) return new EgressFailure('connect', 'the proxy sent data before the tunnel was used');
  return null;
}
