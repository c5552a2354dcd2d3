import { createServer } from 'node:net';
import type { Config } from '../../config.ts';
import { cutLine } from '../terminal/layout.rules.ts';
import { type Finding, fail, ok, warn } from './finding.rules.ts';

/** Whether Posthorn answers at its port already, something else does, or the port is free. */
export async function checkPort(config: Config): Promise<{ findings: Finding[]; running: boolean }> {
  const { host, port } = config;
  if (port === 0) return { findings: [ok('port', 'any free one (PORT is 0)')], running: false };
  const problem = await tryListening(host, port);
  if (problem === null) return { findings: [ok('port', `${port} of ${host} is free`)], running: false };
  if (problem !== 'EADDRINUSE') {
    const remedy = problem === 'EACCES' ? 'set PORT above 1023' : 'set HOST to an address of this machine';
    return { findings: [fail('port', `cannot listen on ${host} port ${port} (${problem})`, remedy)], running: false };
  }
  const url = `http://${urlHost(host)}:${port}`;
  const alive = await ask<{ alive?: unknown }>(`${url}/livez`);
  if (alive?.alive !== true) {
    const remedy = 'stop it, or set PORT to another port';
    return { findings: [fail('port', `something that is not Posthorn has port ${port}`, remedy)], running: false };
  }
  return { findings: [ok('port', `Posthorn answers at ${url}`), ...(await judgeReadiness(url))], running: true };
}

/** What `/readyz` says of the running Posthorn, one finding for each thing that is not well. */
async function judgeReadiness(url: string): Promise<Finding[]> {
  type Check = { name: string; ok: boolean; detail: string };
  const readiness = await ask<{ ready?: unknown; checks?: Check[] }>(`${url}/readyz`);
  const checks = readiness?.checks ?? [];
  if (readiness?.ready === true) return [ok('ready', `yes: ${checks.map(({ name }) => name).join(', ')}`)];
  const remedy = `see ${url}/readyz and what Posthorn logs`;
  const red = checks.filter((check) => !check.ok);
  if (red.length === 0) return [warn('ready', 'Posthorn did not say whether it is ready', remedy)];
  return red.map(({ name, detail }) => fail('ready', cutLine(`${name}: ${detail}`, 300), remedy));
}

/** The JSON that is answered within three seconds, whatever its status; null when there is none. */
async function ask<Answer extends object>(url: string): Promise<Answer | null> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(3000) });
    const answer: unknown = await response.json();
    return typeof answer === 'object' ? (answer as Answer | null) : null;
  } catch {
    return null;
  }
}

/** Null when the port can be had, else the error's code. */
function tryListening(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
