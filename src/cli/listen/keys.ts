export type KeyAction = 'again' | 'failed again' | 'quit' | 'help';

/** What a key means; null for nothing. In raw mode Ctrl-C and Ctrl-D come as characters. */
function actionOfKey(key: string): KeyAction | null {
  if (key === 'r') return 'again';
  if (key === 'f') return 'failed again';
  if (key === '?' || key === 'h') return 'help';
  if (key === 'q' || key === '\u0003' || key === '\u0004') return 'quit';
  return null;
}

export const keyHelp = 'r sends the last event again, f the last failed one, q ends, ? shows this';

/** As much of a terminal's input as taking keys needs. */
export type KeySource = {
  setRawMode(isRaw: boolean): unknown;
  on(event: 'data', read: (chunk: Buffer) => void): unknown;
  off(event: 'data', read: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
};

/** Takes single keys from a terminal until the answer is called, which gives the terminal back as it was. */
export function takeKeys(stdin: KeySource, onAction: (action: KeyAction) => void): () => void {
  const read = (chunk: Buffer): void => {
    for (const key of chunk.toString('utf8')) {
      const action = actionOfKey(key);
      if (action !== null) onAction(action);
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', read);
  stdin.resume();
  return () => {
    stdin.off('data', read);
    stdin.pause();
    stdin.setRawMode(false);
  };
}
