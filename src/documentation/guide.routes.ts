import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import { guideIndex, guidePage, guideStyle } from './guide-page.rules.ts';
import { type Guide, readGuide } from './read-pages.ts';

const policy =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/docs/guide` and its pages, for everybody: they are the same for all, and say nothing of this gateway. */
export function guideRoutes(options: { read?: () => Promise<Guide> } = {}) {
  const { read = readGuide } = options;
  let reading: Promise<Guide> | null = null;
  const guide = (): Promise<Guide> => (reading ??= read());
  return (app: FastifyInstance): void => {
    const route = { config: { permission: 'public' }, schema: { hide: true }, exposeHeadRoute: true } as const;
    app.get('/docs/guide', route, async (request, reply) => {
      const { pages, release } = await guide();
      return send(request, reply, 'text/html', guideIndex([...pages.values()], release));
    });
    app.get('/docs/guide/style.css', route, (request, reply) => send(request, reply, 'text/css', guideStyle));
    app.get<{ Params: { page: string } }>('/docs/guide/:page', route, async (request, reply) => {
      const { pages, release } = await guide();
      const page = pages.get(request.params.page);
      if (page === undefined) throw new Problem('not_found', 'There is no such page: /docs/guide lists them.');
      return send(request, reply, 'text/html', guidePage(page, [...pages.values()], release));
    });
  };
}

function send(request: FastifyRequest, reply: FastifyReply, type: string, text: string): FastifyReply {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  reply
    .header('cache-control', 'public, max-age=300')
    .header('etag', tag)
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.type(`${type}; charset=utf-8`).send(text);
}
