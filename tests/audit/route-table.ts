import type { RouteOptions } from 'fastify';
import { createHttpServer } from '../../src/http/server.ts';
import { registerRoutes } from '../../src/register-routes.ts';

/** Every route that the product has, as `METHOD /path`. */
export async function routeTable(): Promise<string[]> {
  return (await registeredRoutes()).flatMap(({ method, url }) => [method].flat().map((each) => `${each} ${url}`));
}

/** Every route that the product has, from what registers them; nothing behind them is called. */
export async function registeredRoutes(): Promise<RouteOptions[]> {
  const nothing: unknown = new Proxy(() => nothing, { get: () => nothing });
  const proceed = (_request: unknown, _reply: unknown, next: () => void): void => next();
  const authentication = { guard: () => proceed };
  const known: Record<string | symbol, unknown> = { authentication };
  const parts = new Proxy(known, {
    get: (_, name) => known[name] ?? nothing,
  });
  const quiet = (): void => undefined;
  const server = await createHttpServer({
    authentication,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.0.0',
  });
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => {
    routes.push(route);
  });
  await registerRoutes(server, parts as Parameters<typeof registerRoutes>[1]);
  await server.ready();
  await server.close();
  return routes;
}
