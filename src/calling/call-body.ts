import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { KeptBytes } from './kept-bytes.ts';
import { RelayedBody } from './relayed-body.ts';

/** The body of a call: kept whole, so that it can be sent again, or read from the caller while it is sent, once. */
export type CallBody = {
  /** Length as it is declared; null for none declared. */
  readonly declaredBytes: number | null;
  /** What came of it so far. */
  readonly bytes: number;
  /** Reads as much as may be kept. `gone`: the caller left; `slow`: nothing came for so long. */
  gather(options: { keepBytes: number; idleMs: number }): Promise<'ready' | 'gone' | 'slow'> | 'ready';
  /** For the next try. Only while `isWhole`, or for the first. */
  next(): Buffer | Readable | null;
  /** It can be sent, again. */
  readonly isWhole: boolean;
  /** What was kept; null when it streams. */
  readonly kept: Buffer | null;
  /** Gives its memory back. */
  release(): void;
};

const empty = Buffer.alloc(0);

/** A call without a body. */
export const noBody: CallBody = {
  declaredBytes: 0,
  bytes: 0,
  gather: () => 'ready',
  next: () => null,
  isWhole: true,
  kept: empty,
  release: () => undefined,
};

/** The body of an HTTP request that nobody has read from yet. */
export function callBodyOf(request: IncomingMessage, room: KeptBytes, timers: Timers): CallBody {
  const { headers } = request;
  const length = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return noBody;
  return new IncomingBody(request, length === undefined ? null : Number(length), room, timers);
}

class IncomingBody implements CallBody {
  readonly declaredBytes: number | null;
  bytes = 0;
  kept: Buffer | null = null;

  readonly #request: IncomingMessage;
  readonly #room: KeptBytes;
  readonly #timers: Timers;
  #chunks: Buffer[] = [];
  #roomBytes = 0;
  #relayed: RelayedBody | null = null;

  constructor(request: IncomingMessage, declaredBytes: number | null, room: KeptBytes, timers: Timers) {
    this.#request = request;
    this.declaredBytes = declaredBytes;
    this.#room = room;
    this.#timers = timers;
  }

  get isWhole(): boolean {
    return this.kept !== null || this.#relayed === null || !this.#relayed.begun;
  }

  gather({ keepBytes, idleMs }: { keepBytes: number; idleMs: number }): Promise<'ready' | 'gone' | 'slow'> | 'ready' {
    const { declaredBytes } = this;
    if (this.kept !== null || keepBytes === 0) return 'ready';
    if (declaredBytes !== null && (declaredBytes > keepBytes || !this.#takeRoom(declaredBytes))) return 'ready';
    return new Promise((resolve) => {
      const request = this.#request;
      let timer = this.#timers.after(idleMs, () => end('slow'));
      const end = (how: 'ready' | 'gone' | 'slow'): void => {
        timer.cancel();
        request.off('data', onData).off('end', onEnd).off('close', onClose);
        request.pause();
        resolve(how);
      };
      const onData = (chunk: Buffer): void => {
        timer.cancel();
        timer = this.#timers.after(idleMs, () => end('slow'));
        this.bytes += chunk.length;
        this.#chunks.push(chunk);
        if (declaredBytes === null && (this.bytes > keepBytes || !this.#takeRoom(chunk.length))) end('ready');
      };
      const onEnd = (): void => {
        this.kept = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.bytes);
        this.#chunks = [];
        end('ready');
      };
      const onClose = (): void => end('gone');
      request.on('close', onClose);
      if (request.destroyed) return onClose();
      request.on('data', onData).on('end', onEnd);
      request.resume();
      return undefined;
    });
  }

  next(): Buffer | Readable | null {
    if (this.kept !== null) return this.kept;
    this.#relayed = new RelayedBody(this.#request, this.#chunks, (bytes) => {
      this.bytes += bytes;
    });
    return this.#relayed;
  }

  release(): void {
    this.#room.give(this.#roomBytes);
    this.#roomBytes = 0;
    this.#chunks = [];
    this.kept = null;
  }

  #takeRoom(bytes: number): boolean {
    if (!this.#room.take(bytes)) return false;
    this.#roomBytes += bytes;
    return true;
  }
}
