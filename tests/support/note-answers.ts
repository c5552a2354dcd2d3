import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
// The route's `permission` is declared there.
import type {} from '../../src/http/authentication.ts';

/**
 * Notes which routes answered what while the tests ran, where POSTHORN_TEST_REPORTS says: the manifest of the release
 * compares it with the reference. Each answer is a line, once for each process: files that share one share this module.
 */
const reports = process.env['POSTHORN_TEST_REPORTS'];
if (reports !== undefined && reports !== '') {
  const folder = join(reports, 'answers');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}.jsonl`);
  const noted = new Set<string>();
  const teamOfKey = new Map<string, string>();
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    // Whose key it was is only known to the guard, which tells nobody of strangers: so it is learned where keys are made.
    fastify.addHook('onSend', (request, _reply, payload, done) => {
      const { team } = request.params as { team?: string };
      if (
        team !== undefined &&
        /\/(?:api-keys|keys)$/.test(request.routeOptions.url ?? '') &&
        typeof payload === 'string'
      ) {
        const { key } = JSON.parse(payload) as { key?: unknown };
        if (typeof key === 'string') teamOfKey.set(key, team);
      }
      done(null, payload);
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      const { url, config } = request.routeOptions;
      if (url !== undefined && config.permission !== undefined) {
        const { team } = request.params as { team?: string };
        const key = request.headers.authorization?.replace(/^Bearer /i, '') ?? '';
        const of = teamOfKey.get(key);
        const line = JSON.stringify({
          method: request.method,
          path: url.replaceAll(/:(\w+)/g, '{$1}'),
          status: reply.statusCode,
          stranger: team !== undefined && of !== undefined && of !== team,
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
