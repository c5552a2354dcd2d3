import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { curlCommand } from './curl.rules.ts';

/** A path with shell variables, such as `/v1/teams/$TEAM`, and their values. */
type ShellPath = readonly [path: string, values?: Readonly<Record<string, string>>];

/** Tells a story step by step: what is done, the command that does the same, and what truly came of it. */
export type Stage = {
  step(title: string): void;
  /** Shows the command, makes the call and gives its answer. */
  call<Answer>(method: string, path: ShellPath, body?: unknown): Promise<Answer>;
  /** A call that reads, made again unseen until its answer is as it has to become. */
  callUntil<Answer>(path: ShellPath, holds: (answer: Answer) => boolean): Promise<Answer>;
  /** Shows a command; its parts are put on lines of their own. */
  command(parts: readonly string[]): void;
  note(line: string): void;
  done(line: string): void;
};

const patienceMs = 20_000;
const pauseMs = 100;

export function createStage(api: ApiClient, terminal: Terminal): Stage {
  const { out, paint } = terminal;
  let number = 0;
  const show = (lines: readonly string[]): void => {
    for (const [index, line] of lines.entries()) out(paint.dim(`    ${index === 0 ? '$ ' : '    '}${line}`));
  };
  const filled = ([path, values = {}]: ShellPath): string =>
    path.replaceAll(/\$(\w+)/g, (variable, name: string) => values[name] ?? variable);
  return {
    step(title) {
      number += 1;
      out('');
      out(`${paint.cyan(String(number).padStart(2))}  ${paint.bold(title)}`);
    },
    async call<Answer>(method: string, path: ShellPath, body?: unknown) {
      show(curlCommand(method, path[0], body));
      return await api.request<Answer>(method, filled(path), body);
    },
    async callUntil<Answer>(path: ShellPath, holds: (answer: Answer) => boolean) {
      show(curlCommand('GET', path[0]));
      const giveUpAt = performance.now() + patienceMs;
      for (;;) {
        const answer = await api.request<Answer>('GET', filled(path));
        if (holds(answer)) return answer;
        insist(performance.now() < giveUpAt, `${filled(path)} did not tell of it in time`);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
    command: (parts) => show(parts.map((part, index) => (index < parts.length - 1 ? `${part} \\` : part))),
    note: (line) => out(`      ${line}`),
    done: (line) => out(`    ${paint.green('✓')} ${line}`),
  };
}

/** Stops the story when it is not true. */
export function insist(holds: boolean, what: string): asserts holds {
  if (!holds) throw new CliFailure(`the demo went another way: ${what}`, 'run posthorn doctor, then report it');
}
