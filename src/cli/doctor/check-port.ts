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
  const alive = await ask(`${url}/livez`);
  if (alive?.status !== 200) {
    const remedy = 'stop it, or set PORT to another port';
    return { findings: [fail('port', `something that is not Posthorn has port ${port}`, remedy)], running: false };
  }
  const ready = await ask(`${url}/readyz`);
  const findings = [ok('port', `Posthorn answers at ${url}`)];
  if (ready?.status === 200) findings.push(ok('ready', 'Posthorn says that it is ready'));
  else if (ready === null) findings.push(warn('ready', 'Posthorn did not say whether it is ready', 'see what it logs'));
  else findings.push(fail('ready', `Posthorn is not ready: ${cutLine(ready.text, 300)}`, 'see what it logs'));
  return { findings, running: true };
}

async function ask(url: string): Promise<{ status: number; text: string } | null> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(3000) });
    return { status: response.status, text: await response.text() };
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
