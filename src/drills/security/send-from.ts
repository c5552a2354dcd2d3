import { request as httpRequest } from 'node:http';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';

const timeoutMs = 15_000;

/** Sends a request over plain HTTP from an address of this machine. Null: it was not answered, or has no such address. */
export function sendFrom(
  request: SimulatedRequest,
  from: { localAddress?: string; headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const sent = httpRequest(
    request.url,
    {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), 'content-length': request.body.length, ...from.headers },
      ...(from.localAddress === undefined ? {} : { localAddress: from.localAddress }),
      agent: false,
      signal,
      timeout: timeoutMs,
    },
    (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? null));
      answer.on('error', () => resolve(null));
    },
  );
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => resolve(null));
  sent.end(request.body);
  return promise;
}
