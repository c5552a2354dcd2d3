import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Hands a request on to where a gateway is, under these headers, and its answer back: what every proxy does. */
export function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  { target, headers }: { target: string; headers: IncomingHttpHeaders },
): void {
  const { method, url = '/' } = incoming;
  const options = { ...(method === undefined ? {} : { method }), headers, agent: false };
  const passed = request(target + url, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  incoming.pipe(passed);
}
