import { CliFailure } from '../failure.ts';

export type CleanUp = {
  /** Keeps what undoes a step. Once all is undone, a late step is undone at once and may not go on: this throws. */
  add: (undo: () => Promise<unknown>) => void;
  /** Throws once all is undone: what starts now would be left behind. */
  demandOpen: () => void;
  /** Undoes everything, the last first; a step that cannot be undone keeps no other from being so. */
  run: () => Promise<void>;
};

export function createCleanUp(): CleanUp {
  const undos: (() => Promise<unknown>)[] = [];
  let over = false;
  const attempt = (undo: () => Promise<unknown>): Promise<unknown> => undo().catch(() => undefined);
  const demandOpen = (): void => {
    if (over) throw new CliFailure('it is over', 'start it again');
  };
  return {
    demandOpen,
    add(undo) {
      if (over) void attempt(undo);
      demandOpen();
      undos.push(undo);
    },
    async run() {
      over = true;
      for (const undo of undos.splice(0).toReversed()) await attempt(undo);
    },
  };
}
