/**
 * Gives the memory of a body's piece back at once; the piece is empty afterwards. V8 collects pieces only with its whole
 * heap, which 64 MB of them make it mark again: that costs a large transfer more than everything else. Only for whoever
 * holds the piece alone, and for one that has been written: the kernel reads from its memory until then.
 */
export function freePiece(piece: Buffer): void {
  const memory = piece.buffer;
  // Behind it, others may have theirs. Before it was what came before, and is done with: a head, at most.
  if (!(memory instanceof ArrayBuffer) || piece.byteOffset + piece.length !== memory.byteLength) return;
  // Node gives out small parts of memory that it keeps: never as much as half of it.
  if (piece.length * 2 > memory.byteLength) memory.transfer(0);
}
