import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A process of the rig: started, known to be ready, ended with the run. */
export type RigProcess = {
  pid: number;
  /** Processor seconds used so far, by the process alone. */
  cpuSeconds(): number;
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** The most that was ever resident, bytes. */
  peakResidentBytes(): number;
  /** The peak begins anew with what is resident now. */
  forgetPeak(): void;
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program and waits until `ready` appears in its output or answers true. */
export async function startProcess(options: {
  command: string;
  args: string[];
  env?: Record<string, string>;
  ready: string | (() => Promise<boolean>);
  signal?: NodeJS.Signals;
}): Promise<RigProcess> {
  const child = spawn(options.command, options.args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => running.delete(child));

  const untilMs = Date.now() + 60_000;
  for (;;) {
    const { ready } = options;
    if (typeof ready === 'string' ? output.includes(ready) : await ready().catch(() => false)) break;
    if (child.exitCode !== null || Date.now() > untilMs) {
      child.kill('SIGKILL');
      throw new Error(`${options.command} ${options.args.join(' ')} did not come up:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const pid = child.pid as number;
  return {
    pid,
    cpuSeconds: () => cpuSecondsOf(pid),
    residentBytes: () => statusBytesOf(pid, 'VmRSS'),
    peakResidentBytes: () => statusBytesOf(pid, 'VmHWM'),
    // proc(5): 5 resets the peak resident set size.
    forgetPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, '5'),
    async stop() {
      child.kill(options.signal ?? 'SIGTERM');
      await ended;
    },
  };
}

/** Runs a program that ends by itself. @returns the last line that it printed */
export function runToItsEnd(command: string, args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      if (code === 0) resolve(text.trim().split('\n').at(-1) ?? '');
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
}

/** Fields of proc(5)'s stat from the third on, which is behind the name. */
function statOf(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
}

function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Processor seconds of a process and its children, with those that have ended. */
export function familyCpuSeconds(pid: number): number {
  const own = statOf(pid);
  let ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(own[field]), 0);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = statOf(name);
      if (fields[1] === String(pid)) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It ended meanwhile.
    }
  }
  return ticks / 100;
}

function statusBytesOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
}

/** A TCP port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
