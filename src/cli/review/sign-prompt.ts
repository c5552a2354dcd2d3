import { createInterface } from 'node:readline';
import { ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';

/** Whoever is asked once more before something is said in their name. */
export type Signer = { isTerminal: boolean; ask: (question: string) => Promise<string | null> };

export type YesFlag = { yes?: true };

/** This process's own terminal. */
export function ownSigner(): Signer {
  return {
    isTerminal: process.stdin.isTTY && process.stderr.isTTY,
    ask: async (question) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      const { promise, resolve } = Promise.withResolvers<string | null>();
      lines.once('close', () => resolve(null));
      lines.question(question, resolve);
      try {
        return await promise;
      } finally {
        lines.close();
      }
    },
  };
}

/**
 * Asks for what was just shown: on a terminal by a word, elsewhere it has to be said beforehand with --yes.
 * @throws CliFailure when it is not agreed to
 */
export async function askAgain(what: string, { yes }: YesFlag, signer: Signer): Promise<void> {
  if (yes === true) return;
  if (!signer.isTerminal) {
    throw new CliFailure(`nobody is here to be asked whether to ${what}`, 'look at it first, then add --yes', 2);
  }
  const answer = await signer.ask(`Type yes to ${what}: `);
  if (answer?.trim().toLowerCase() !== 'yes') throw new CliFailure('nothing was done', 'type yes to go on');
}

/** What is refused here is refused to a person: the usual remedies of keys would lead astray. */
export async function inOnesName<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.code === 'forbidden') {
      throw new CliFailure(error.what, 'give the API key of a member who may, with --key or POSTHORN_KEY');
    }
    if (error.code === 'evidence_changed') throw new CliFailure(error.what, 'run the verb again');
    throw error;
  }
}
