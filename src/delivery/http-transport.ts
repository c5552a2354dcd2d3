import type { Egress } from '../egress/create-egress.ts';
import type { Transport } from './delivery-ports.ts';

/** The engine's transport over guarded HTTP: an endpoint has its own connections, as many as its concurrency. */
export function createHttpTransport(egress: Egress): Transport {
  return {
    open: ({ url, concurrency, clientTls }) =>
      egress.destination({
        url,
        maxConnections: concurrency,
        ...(clientTls === null ? {} : { tls: clientTls }),
      }),
  };
}
