let turn: Promise<void> | null = null;

/**
 * Resolves when this turn of the event loop is over. What is known at once is answered then, together with whatever else
 * came in the same turn: each answer by itself wakes a sender that has just gone to sleep, and in a retry storm that costs
 * as much as all the rest.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = null;
      resolve();
    });
  });
  return turn;
}
