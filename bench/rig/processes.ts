import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    async stop() {
      child.kill(options.signal ?? 'SIGTERM');
      await ended;
    },
  };
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
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
