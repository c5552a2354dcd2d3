/** Wakes one loop: what rings while nobody waits is heard at once by who comes next. */
export type Bell = { ring(): void; heard(): Promise<void> };

export function createBell(): Bell {
  let rung = false;
  let hear: (() => void) | null = null;
  return {
    ring() {
      if (hear === null) rung = true;
      else hear();
    },
    heard() {
      return new Promise((resolve) => {
        if (rung) {
          rung = false;
          resolve();
          return;
        }
        hear = () => {
          hear = null;
          resolve();
        };
      });
    },
  };
}
