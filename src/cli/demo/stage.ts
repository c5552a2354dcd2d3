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
  note(line: string): void;
  done(line: string): void;
};

export function createStage(api: ApiClient, terminal: Terminal): Stage {
  const { out, paint } = terminal;
  let number = 0;
  return {
    step(title) {
      number += 1;
      out('');
      out(`${paint.cyan(String(number).padStart(2))}  ${paint.bold(title)}`);
    },
    async call<Answer>(method: string, [path, values = {}]: ShellPath, body?: unknown) {
      for (const [index, line] of curlCommand(method, path, body).entries()) {
        out(paint.dim(`    ${index === 0 ? '$ ' : '    '}${line}`));
      }
      const real = path.replaceAll(/\$(\w+)/g, (variable, name: string) => values[name] ?? variable);
      return await api.request<Answer>(method, real, body);
    },
    note: (line) => out(`      ${line}`),
    done: (line) => out(`    ${paint.green('✓')} ${line}`),
  };
}

/** Stops the story when it is not true. */
export function insist(holds: boolean, what: string): asserts holds {
  if (!holds) throw new CliFailure(`the demo went another way: ${what}`, 'run posthorn doctor, then report it');
}
