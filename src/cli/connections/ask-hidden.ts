import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliFailure } from '../failure.ts';

/** Asks for one line that is not shown while it is typed. */
export function askHidden(
  question: string,
  stdin: NodeJS.ReadableStream,
  say: (text: string) => void,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  say(question);
  return new Promise((resolve, reject) => {
    let answer: string | null = null;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      if (answer === null)
        reject(new CliFailure('no secret was given', 'enter it, or name a file with --secret-file', 2));
      else resolve(answer);
    });
  });
}
