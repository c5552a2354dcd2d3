import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const descriptors = 60;
/** Opens files until none is left, and then a connection; and once more when there is room again. */
const program = `
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { dial } from './src/egress/dial.ts';

const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const attempt = () => dial(['127.0.0.1'], port, new AbortController().signal).then(
    (socket) => (socket.destroy(), 'connected'), ({ error, message }) => [error, message]);
  const first = await attempt();
  const open = [];
  for (;;) try { open.push(openSync('/dev/null')); } catch { break; }
  const scarce = await attempt();
  for (const file of open) closeSync(file);
  console.log(JSON.stringify({ first, scarce, again: await attempt() }));
  server.close();
});
`;

test('a connection that no file is left for failed here, not at the server, and works once there is one', async () => {
  const run = promisify(execFile);
  const { stdout } = await run('sh', [
    '-c',
    `ulimit -n ${descriptors} && exec "$0" --input-type=module --eval "$1"`,
    process.execPath,
    program,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    first: 'connected',
    scarce: ['local', "no connection could be opened here: the process's limit of open files is reached (EMFILE)"],
    again: 'connected',
  });
});
