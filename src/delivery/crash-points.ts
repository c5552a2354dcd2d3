/**
 * Ends the process at a chosen moment, for the crash tests. Wired by main.ts in development only, around the ports, so
 * that nothing of it is on the way when it is off.
 */
export type CrashPoints = {
  /** The same port with the chosen method watched, or the port itself when it has no such method. */
  around<Port extends object>(port: Port): Port;
};

/**
 * before: nothing is sent yet. sent: the server is at it. after: it has answered and nobody knows yet. heard: those who
 * waited for the answer have acted on it.
 */
const pattern = /^(\w+):(before|sent|after|heard):(\d+)(:now)?$/;

/**
 * Reads `<method>:<moment>:<count>[:now]`: `settle:after:3` is the third settle once it is armed, which `:now` makes it
 * from the start and otherwise `arm` when it calls back. `die` must not return. The method must answer a promise.
 * @throws when the text is no such point
 */
export function createCrashPoints(
  text: string,
  options: { arm: (whenArmed: () => void) => void; die: () => void },
): CrashPoints {
  const match = pattern.exec(text);
  if (match === null) throw new Error('POSTHORN_CRASH_POINT is not <method>:<before|sent|after|heard>:<count>[:now]');
  const [, method = '', moment, count, now] = match;
  let left = Number(count);
  let armed = now !== undefined;
  options.arm(() => {
    armed = true;
  });
  const pass = (at: string): void => {
    if (!armed || at !== moment) return;
    left -= 1;
    if (left === 0) options.die();
  };
  const turnsLater = (turns: number, at: string): void => {
    setImmediate(() => (turns > 1 ? turnsLater(turns - 1, at) : pass(at)));
  };

  return {
    around<Port extends object>(port: Port): Port {
      const call: unknown = Reflect.get(port, method);
      if (typeof call !== 'function') return port;
      const watched = async (...given: unknown[]): Promise<unknown> => {
        pass('before');
        const answering = Reflect.apply(call, port, given) as Promise<unknown>;
        turnsLater(2, 'sent');
        const answer = await answering;
        pass('after');
        turnsLater(3, 'heard');
        return answer;
      };
      return Object.assign(Object.create(port) as Port, { [method]: watched });
    },
  };
}
