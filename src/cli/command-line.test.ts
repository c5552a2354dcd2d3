import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const program = join(import.meta.dirname, 'posthorn.ts');

function posthorn(args: string[], options: { env?: Record<string, string>; nodeArgs?: string[] } = {}) {
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const { env = {}, nodeArgs = [] } = options;
    const command = [...nodeArgs, program, ...args];
    execFile(process.execPath, command, { env: { PATH: '/usr/bin', ...env } }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('prints its version and the help of every verb', async () => {
  expect((await posthorn(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const verb of ['up', 'send', 'inbox', 'doctor', 'demo']) {
    const { exitCode, stdout } = await posthorn([verb, '--help']);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, expect.stringContaining(`Usage: posthorn ${verb}`)]);
  }
});

test('the list of verbs fits on 80 columns', async () => {
  const { stdout } = await posthorn(['--help']);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain('\n  promote ');
});

test.each([
  [['inbox', '--prt', '1'], "posthorn: unknown option '--prt' (Did you mean --port?); see: posthorn inbox --help\n"],
  [['inbox', '--port', 'x'], 'posthorn: --port "x" is not in its range; set a whole number from 0 to 65535\n'],
  [['inobx'], "posthorn: unknown command 'inobx' (Did you mean inbox?); see: posthorn --help\n"],
  [['send'], "posthorn: missing required argument 'type'; see: posthorn send --help\n"],
  [['send', 'a', '--data', '{'], 'posthorn: the payload is not JSON; mend it, or name its --content-type\n'],
])('%j is a wrong command: one line that says how to mend it, and 2', async (args, said) => {
  expect(await posthorn(args)).toEqual({ exitCode: 2, stdout: '', stderr: said });
});

test('a failure is one line and 1', async () => {
  const { exitCode, stderr } = await posthorn(['send', 'a', '--key', 'k', '--file', '/absent']);
  expect([exitCode, stderr]).toEqual([
    1,
    'posthorn: /absent cannot be read (ENOENT); name a file with --file, or - to read here\n',
  ]);
});

test('up names every problem of the configuration, and no secret', async () => {
  const env = { PORT: 'x', DATABASE_URL: 'mysql://hunter2@db', POSTHORN_ENV: 'production', POSTHORN_DTAA: '1' };
  const { exitCode, stdout, stderr } = await posthorn(['up'], { env });
  expect([exitCode, stdout]).toEqual([1, '']);
  const lines = stderr.trimEnd().split('\n');
  expect(lines.every((line) => line.startsWith('posthorn: ') && line.includes('; '))).toBe(true);
  expect(lines.map((line) => /PORT |DATABASE_URL|MASTER_KEY|OPERATOR_KEY|DTAA|4 settings/.exec(line)?.[0])).toEqual([
    'DTAA',
    'PORT ',
    'DATABASE_URL',
    'MASTER_KEY',
    'OPERATOR_KEY',
    '4 settings',
  ]);
  expect(stderr).not.toContain('hunter2');
});

test('an older Node is told what to install before anything is loaded', async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.11.0'}})";
  const { exitCode, stdout, stderr } = await posthorn(['--version'], { nodeArgs: ['--import', pretend] });
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toBe('posthorn: Node 20.11.0 is too old; install Node 24 or newer from https://nodejs.org\n');
});

test('what nobody reads to its end is no success, though it ends without a word', async () => {
  const child = spawn(process.execPath, [program, 'simulate', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const said: Buffer[] = [];
  child.stderr.on('data', (piece: Buffer) => said.push(piece));
  expect(await once(child, 'close')).toEqual([141, null]);
  expect(Buffer.concat(said).toString()).toBe('');
});
