import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/**
 * Lets senders that expect `100 Continue` (RFC 9110 section 10.1.1) wait below `path` until `askForBody`. Node would
 * have them go on before anybody has seen the request. When it is refused instead, Node closes the connection.
 */
export function letSendersWait(server: Server, path: string): void {
  server.on('checkContinue', (request, response) => {
    if (request.url?.startsWith(path) === true) waiting.add(request);
    else response.writeContinue();
    server.emit('request', request, response);
  });
}

/** Whether its sender waits to be asked for the body, and may never send it. */
export function isSenderWaiting(request: IncomingMessage): boolean {
  // The header first, since nearly no request has it.
  return request.headers.expect !== undefined && waiting.has(request);
}

/** Has the sender of this request send its body, if it waits. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (!isSenderWaiting(request)) return;
  waiting.delete(request);
  response.writeContinue();
}
