import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FieldError } from './field-error.ts';
import { createFieldReader, type FieldReader } from './field-reader.ts';
import { createCommandRunner } from './run-command.ts';

let folder: string;
let clock: { at: number; now(): number };
let environment: Record<string, string | undefined>;
let errors: FieldError[];
let reader: FieldReader;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-fields-'));
  clock = { at: 1_000_000, now: () => clock.at };
  environment = { ...process.env };
  errors = [];
  reader = createFieldReader({
    clock,
    readEnv: (name) => environment[name],
    run: createCommandRunner(process.env),
    onError: (error) => errors.push(error),
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that prints what `secret` holds and counts its runs in `runs`; `broken` makes it fail. */
function writeProgram(): {
  argv: string[];
  secret: (text: string) => void;
  fail: (text: string) => void;
  runs: () => number;
} {
  const program = join(folder, 'program.sh');
  writeFileSync(
    program,
    `cd '${folder}' && echo run >> runs && [ ! -s broken ] || { cat broken >&2; exit 7; }; cat secret`,
  );
  writeFileSync(join(folder, 'runs'), '');
  return {
    argv: ['sh', program],
    secret: (text) => writeFileSync(join(folder, 'secret'), text),
    fail: (text) => writeFileSync(join(folder, 'broken'), text),
    runs: () => readFileSync(join(folder, 'runs'), 'utf8').split('\n').length - 1,
  };
}

async function problemOf(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (error instanceof FieldError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a file', () => {
  it.each([
    ['with a line break', 'secret\n', 'secret'],
    ['with one of Windows', 'secret\r\n', 'secret'],
    ['without one', 'secret', 'secret'],
    ['of several lines, of which only the last break goes', 'a\nb\n\n', 'a\nb\n'],
    ['with blanks around', ' schlüssel ', ' schlüssel '],
  ])('is read at once, %s', (_about, content, value) => {
    const fromFile = join(folder, 'secret');
    writeFileSync(fromFile, content);
    expect(reader.read({ fromFile })).toBe(value);
  });

  it('that changes is noticed within a second, also when it is swapped by its link', () => {
    const fromFile = join(folder, 'secret');
    writeFileSync(join(folder, 'one'), 'one');
    writeFileSync(join(folder, 'two'), 'two');
    symlinkSync(join(folder, 'one'), fromFile);
    expect(reader.read({ fromFile })).toBe('one');
    symlinkSync(join(folder, 'two'), join(folder, 'next'));
    renameSync(join(folder, 'next'), fromFile);
    expect(reader.read({ fromFile })).toBe('one');
    clock.at += 1_000;
    expect(reader.read({ fromFile })).toBe('two');
    writeFileSync(join(folder, 'two'), 'three');
    clock.at += 1_000;
    expect(reader.read({ fromFile })).toBe('three');
  });

  it('is read again at once after a refusal, which says whether it changed', () => {
    const fromFile = join(folder, 'secret');
    writeFileSync(fromFile, 'one');
    void reader.read({ fromFile });
    expect(reader.reread({ fromFile }, 'one')).toBe(false);
    writeFileSync(fromFile, 'two');
    expect(reader.reread({ fromFile }, 'one')).toBe(true);
    expect(reader.read({ fromFile })).toBe('two');
  });

  it('that cannot be used says why and how to mend it, and is used once it can', async () => {
    const fromFile = join(folder, 'secret');
    const problem = (): Promise<string> => problemOf(() => reader.read({ fromFile }));
    expect(await problem()).toBe(`the file ${fromFile} cannot be read (ENOENT); put it there`);
    writeFileSync(fromFile, '\n');
    expect(await problem()).toMatch(/is empty; put the secret into it/);
    writeFileSync(fromFile, Buffer.from([0xff, 0xfe, 0x41]));
    expect(await problem()).toMatch(/holds no text/);
    writeFileSync(fromFile, 'x'.repeat(65_537));
    expect(await problem()).toMatch(/larger than 64 kB/);
    writeFileSync(fromFile, 'x'.repeat(65_536));
    expect(reader.read({ fromFile })).toHaveLength(65_536);
    expect(await problemOf(() => reader.read({ fromFile: folder }))).toMatch(/not a regular file|EISDIR/);
    expect(await problemOf(() => reader.read({ fromFile: '/dev/zero' }))).toMatch(/not a regular file/);
    execFileSync('sh', ['-c', `mkfifo '${join(folder, 'pipe')}'`]);
    expect(await problemOf(() => reader.read({ fromFile: join(folder, 'pipe') }))).toMatch(/not a regular file/);
  });
});

describe('a variable', () => {
  it('is read whenever it is needed', async () => {
    const field = { fromEnv: 'API_KEY' };
    expect(await problemOf(() => reader.read(field))).toMatch(/variable API_KEY is not set.*restart/);
    environment['API_KEY'] = 'one';
    expect(reader.read(field)).toBe('one');
    expect(reader.reread(field, 'one')).toBe(false);
    environment['API_KEY'] = 'two';
    expect(reader.reread(field, 'one')).toBe(true);
  });

  it.each(['POSTHORN_MASTER_KEY', 'POSTHORN_OPERATOR_KEY', 'DATABASE_URL'])(
    "of Posthorn's own is not: %s",
    async (fromEnv) => {
      environment[fromEnv] = 'PLANTED';
      expect(await problemOf(() => reader.read({ fromEnv }))).toMatch(/Posthorn's own; name another$/);
    },
  );
});

describe('a command', () => {
  it('runs once however many need it, and is not run again for a minute', async () => {
    const { argv, secret, runs } = writeProgram();
    secret('one\n');
    const field = { fromCommand: argv };
    expect(new Set(await Promise.all(Array.from({ length: 50 }, async () => reader.read(field))))).toEqual(
      new Set(['one']),
    );
    clock.at += 40_000;
    secret('two\n');
    expect(reader.read(field)).toBe('one');
    expect(runs()).toBe(1);
    clock.at += 20_000;
    expect(await reader.read(field)).toBe('two');
    expect(runs()).toBe(2);
  });

  it('is run again beside the calls shortly before its output is a minute old', async () => {
    const { argv, secret } = writeProgram();
    secret('one');
    await reader.read({ fromCommand: argv });
    secret('two');
    clock.at += 45_000;
    expect(reader.read({ fromCommand: argv })).toBe('one');
    await expect.poll(() => reader.read({ fromCommand: argv })).toBe('two');
  });

  it('that fails leaves the last output in use for ten minutes, and is tried again every five seconds', async () => {
    const { argv, secret, fail, runs } = writeProgram();
    const field = { fromCommand: argv };
    secret('one');
    await reader.read(field);
    fail('PLANTED');
    clock.at += 61_000;
    expect(await reader.read(field)).toBe('one');
    expect(errors).toHaveLength(1);
    expect(reader.read(field)).toBe('one');
    expect(runs()).toBe(2);
    clock.at += 5_000;
    expect(await reader.read(field)).toBe('one');
    expect(runs()).toBe(3);
    clock.at += 600_000;
    expect(await problemOf(() => reader.read(field))).toMatch(/exited with status 7/);
    expect(await problemOf(() => reader.read(field))).toMatch(/exited with status 7/);
    expect(runs()).toBe(4);
    fail('');
    clock.at += 5_000;
    expect(await reader.read(field)).toBe('one');
  });

  it('is run again at once after a refusal, but not over and over for the same output', async () => {
    const { argv, secret, runs } = writeProgram();
    const field = { fromCommand: argv };
    secret('one');
    await reader.read(field);
    expect(reader.reread(field, 'one')).toBe(true);
    expect(await Promise.all([0, 1].map(async () => reader.read(field)))).toEqual(['one', 'one']);
    expect(runs()).toBe(2);
    expect(reader.reread(field, 'one')).toBe(false);
    secret('two');
    clock.at += 30_000;
    expect(reader.reread(field, 'one')).toBe(true);
    expect(await reader.read(field)).toBe('two');
    expect(reader.reread(field, 'one')).toBe(true);
    expect(reader.reread({ fromCommand: [...argv, 'other'] }, 'one')).toBe(true);
  });

  it.each<[string, string[], RegExp]>([
    ['is not there', ['no-such-program', '--token=PLANTED'], /^the command no-such-program is not there/],
    ['may not be run', ['/etc', 'PLANTED'], /^the command etc cannot be run \(EACCES\)/],
    ['fails', ['sh', '-c', 'echo PLANTED; echo PLANTED >&2; exit 3'], /^the command sh exited with status 3;/],
    ['kills itself', ['sh', '-c', 'echo PLANTED; kill -9 $$'], /^the command sh was ended by SIGKILL/],
    ['prints nothing', ['true', 'PLANTED'], /printed nothing/],
    ['prints bytes', ['printf', '\\377PLANTED'], /printed no text/],
    ['prints without end', ['yes', 'PLANTED'], /more than 64 kB/],
    ['is no program', ['', 'PLANTED'], /cannot be run/],
    ['has a NUL', ['echo', 'PLANTED\0'], /cannot be run/],
  ])('that %s says so, and shows nothing of what it was given or wrote', async (_about, argv, message) => {
    const failure: unknown = await Promise.resolve()
      .then(() => reader.read({ fromCommand: argv }))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FieldError);
    expect((failure as FieldError).message).toMatch(message);
    expect(inspect(failure, { depth: 9, showHidden: true }).replace(/^ +at .*$/gm, '')).not.toContain('PLANTED');
  });

  it('is given no shell, no input and the environment that was handed in', async () => {
    const ofPosthorn = { POSTHORN_MASTER_KEY: 'x', POSTHORN_OPERATOR_KEY: 'x', DATABASE_URL: 'x' };
    const run = createCommandRunner({ PATH: process.env['PATH'], GIVEN: 'given', ...ofPosthorn });
    expect(String(await run(['echo', '$(id) "; rm -rf x"', '*']))).toBe('$(id) "; rm -rf x" *\n');
    expect(
      String(await run(['env']))
        .split('\n')
        .filter((line) => !/^(PATH|_|PWD|SHLVL)=/.test(line)),
    ).toEqual(['GIVEN=given', '']);
    expect(String(await run(['cat']))).toBe('');
  });

  it('that does not end is ended, with what holds its output', { timeout: 30_000 }, async () => {
    const startedAt = performance.now();
    expect(await problemOf(() => reader.read({ fromCommand: ['sh', '-c', 'sleep 15 & sleep 60'] }))).toMatch(
      /did not end within 10 s/,
    );
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});
