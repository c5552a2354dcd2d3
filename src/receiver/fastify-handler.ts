import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { answerHeaders, fromNode } from './node-request.ts';
import { createReception } from './receive.ts';
import type { ReceiverOptions } from './receiver-options.ts';

/** As much of a Fastify instance as the plugin uses. */
type FastifyScope = {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    contentType: string,
    parser: (request: never, payload: IncomingMessage, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  addHook(name: 'onClose', hook: () => Promise<void>): unknown;
  post(
    path: string,
    handler: (request: { raw: IncomingMessage; body: unknown }, reply: FastifyAnswer) => Promise<unknown>,
  ): unknown;
};
type FastifyAnswer = {
  code(status: number): { headers(values: Record<string, string>): { send(text: string): unknown } };
};

export type FastifyPlugin = (app: FastifyScope, options: object, done: () => void) => void;

/**
 * Receives webhooks in Fastify: `app.register(fastifyHandler({ secret, onEvent }), { prefix: '/webhooks' })`. The plugin
 * takes raw bodies in a scope of its own; the parsers of other routes stay as they are. Closing the app waits for
 * events that are being worked on.
 * @throws TypeError for options that cannot be used, among them a secret that is none
 */
export function fastifyHandler(options: ReceiverOptions): FastifyPlugin {
  const reception = createReception(options);
  return (app, _options, done) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    app.addHook('onClose', reception.idle);
    app.post('/', async ({ raw, body }, reply) => {
      const answer = await reception.answer(fromNode(raw, body instanceof Readable ? body : raw));
      return reply.code(answer.status).headers(answerHeaders(answer)).send(answer.text);
    });
    done();
  };
}
