import type { Egress } from '../egress/create-egress.ts';
import type { Transport } from './delivery-ports.ts';
import { recordHead } from './recorded-headers.rules.ts';

/** The engine's transport over guarded HTTP: an endpoint has its own connections, as many as its concurrency. */
export function createHttpTransport(egress: Egress): Transport {
  return {
    open({ url, concurrency, clientTls }) {
      const destination = egress.destination({
        url,
        maxConnections: concurrency,
        ...(clientTls === null ? {} : { tls: clientTls }),
      });
      return {
        recordedHead: recordHead(url, egress.userAgent),
        close: () => destination.close(),
        post: (headers, body, timeoutMs, done) => destination.post(headers, body, timeoutMs, done),
      };
    },
  };
}
