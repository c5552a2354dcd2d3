import type { IncomingMessage } from 'node:http';

/** Twice the largest body that any source takes. */
export const discardedMaxBytes = 64 * 1024 * 1024;
const longestMs = 10_000;

/**
 * Reads what is left of a body that nobody wants and drops it, so that its sender gets to read the answer and may use
 * the connection again; who sends too much or takes too long is cut off. Resolves when there is no more.
 */
export function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) {
    request.resume();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let bytes = 0;
    const cutOff = (): void => void request.socket.destroy();
    const timer = setTimeout(cutOff, longestMs).unref();
    const over = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > discardedMaxBytes) cutOff();
    });
    request.once('end', over).once('close', over).on('error', over).resume();
  });
}
