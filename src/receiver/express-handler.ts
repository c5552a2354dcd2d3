import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerNode, fromNode } from './node-request.ts';
import { createReception } from './receive.ts';
import type { ReceiverOptions } from './receiver-options.ts';

/** A request handler for Express and for `createServer` of node:http. */
export type ExpressHandler = ((request: IncomingMessage, response: ServerResponse) => void) & {
  /** Resolves when no request and no event is being worked on: await it before the process ends. */
  idle: () => Promise<void>;
};

/**
 * Receives webhooks in Express: `app.post('/webhooks', expressHandler({ secret, onEvent }))`. It reads the raw body by
 * itself and so has to stand before `express.json()`, or behind `express.raw()`.
 * @throws TypeError for options that cannot be used, among them a secret that is none
 */
export function expressHandler(options: ReceiverOptions): ExpressHandler {
  const reception = createReception(options);
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    // It never rejects: whatever fails is an answer of its own.
    void reception.answer(fromNode(request)).then((answer) => answerNode(response, answer));
  };
  return Object.assign(handler, { idle: reception.idle });
}
