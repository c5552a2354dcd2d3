import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { classifyError, describeTlsError, EgressFailure } from './exchange-result.ts';

export type SecureOptions = {
  hostname: string;
  context: SecureContext;
  /** A session of an earlier connection to the same destination, and where to keep the next one. */
  sessions: { session: Buffer | undefined };
  signal: AbortSignal;
};

/**
 * Speaks TLS over a connected socket: 1.2 or newer, HTTP/1.1, the certificate always verified against the host name.
 * Rejects with an EgressFailure, or with the signal's reason; the socket is then closed.
 */
export function secure(socket: Socket, options: SecureOptions): Promise<TLSSocket> {
  const { hostname, context, sessions, signal } = options;
  return new Promise((resolve, reject) => {
    const tlsSocket = connect({
      socket,
      host: hostname,
      // RFC 6066 section 3: a literal address is never a server name.
      ...(isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
      secureContext: context,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(sessions.session === undefined ? {} : { session: sessions.session }),
    });

    let settled = false;

    // An error after the handshake is for whoever uses the socket; here it must only not go unheard.
    function settle(error: EgressFailure | null): void {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', abort);
      if (error === null) {
        resolve(tlsSocket);
        return;
      }
      sessions.session = undefined;
      tlsSocket.destroy();
      socket.destroy();
      reject(error);
    }

    function abort(): void {
      settle(classifyError(signal.reason));
    }

    signal.addEventListener('abort', abort);
    tlsSocket.on('session', (session) => {
      sessions.session = session;
    });
    tlsSocket.on('error', (error) => settle(new EgressFailure('tls', describeTlsError(error))));
    tlsSocket.once('secureConnect', () => settle(null));
    if (signal.aborted) abort();
  });
}
