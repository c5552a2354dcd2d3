import type { FastifyInstance, FastifyReply } from 'fastify';
import { type OpenApiDocument, problemsPage, referencePage } from './reference-page.rules.ts';
import { referenceStyle } from './reference-style.ts';

const policy =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/docs` and `/docs/problems`: rendered here, without script and without anything from another host. */
export function registerReferencePage(app: FastifyInstance): void {
  const route = { config: { permission: 'public' }, schema: { hide: true }, exposeHeadRoute: true } as const;
  let reference: string | null = null;
  app.get('/docs', route, (_request, reply) => {
    reference ??= referencePage(app.swagger() as unknown as OpenApiDocument);
    sendPage(reply, reference);
  });
  app.get('/docs/problems', route, (_request, reply) => sendPage(reply, problemsPage()));
  app.get('/docs/style.css', route, (_request, reply) => {
    reply.type('text/css; charset=utf-8').header('x-content-type-options', 'nosniff').send(referenceStyle);
  });
}

function sendPage(reply: FastifyReply, page: string): void {
  reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(page);
}
