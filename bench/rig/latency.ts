import { freePort } from './processes.ts';
import { spawn } from 'node:child_process';

export type Latency = {
  sent: number;
  received: number;
  failed: number;
  measured: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
};

export type ProbeOptions = {
  postUrl: string;
  key: string;
  types: string[];
  ratePerSecond: number;
  seconds: number;
  warmupSeconds: number;
  receiverPort: number;
  /** Requests to this path are never answered. */
  hang?: string;
};

/** A port for the probe's receiver, known before the probe starts so that endpoints can be made at it. */
export const receiverPort = freePort;

/** Runs the probe to its end. */
export function probeLatency(options: ProbeOptions): Promise<Latency> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bench/rig/latency-probe.ts'], {
      env: { ...process.env, PROBE: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(text.trim().split('\n').at(-1) as string) as Latency);
      else reject(new Error(`the latency probe ended with ${code}`));
    });
  });
}
