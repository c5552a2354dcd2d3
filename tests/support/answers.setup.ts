import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
// The request's `actor` and the route's `permission` are declared there.
import type {} from '../../src/http/authentication.ts';

/**
 * Notes which routes answered what while the tests ran, where POSTHORN_TEST_REPORTS says: the manifest of the release
 * compares it with the reference. Each answer is a line, once for each process.
 */
const reports = process.env['POSTHORN_TEST_REPORTS'];
if (reports !== undefined && reports !== '') {
  const folder = join(reports, 'answers');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}.jsonl`);
  const noted = new Set<string>();
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onResponse', (request, reply, done) => {
      const { url, config } = request.routeOptions;
      if (url !== undefined && config.permission !== undefined) {
        const { team } = request.params as { team?: string };
        const { actor } = request;
        const line = JSON.stringify({
          method: request.method,
          path: url.replaceAll(/:(\w+)/g, '{$1}'),
          status: reply.statusCode,
          stranger: team !== undefined && actor?.kind === 'api-key' && actor.teamId !== team,
        });
        if (!noted.has(line)) {
          noted.add(line);
          appendFileSync(file, `${line}\n`);
        }
      }
      done();
    });
  });
}
