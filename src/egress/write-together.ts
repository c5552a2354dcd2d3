import type { Socket } from 'node:net';

let held: Socket[] = [];

/**
 * Holds back what is written to a socket until this turn of the event loop is over; then all that was held goes out at once.
 * Requests that leave one by one each wake a receiver that has just gone to sleep, which costs both sides more than the
 * request itself; together they find it awake.
 */
export function writeTogether(socket: Socket): void {
  socket.cork();
  if (held.length === 0) setImmediate(writeHeld);
  held.push(socket);
}

function writeHeld(): void {
  const sockets = held;
  held = [];
  for (const socket of sockets) socket.uncork();
}
