import type { Command } from 'commander';
import { serviceUrl } from './option-values.ts';

/** For verbs that work through the API: whose key, where it is, and answers for programs. */
export function withApi(
  command: Command,
  key = 'api key (POSTHORN_KEY, else the operator key in the data folder)',
): Command {
  return command
    .option('-k, --key <key>', key)
    .option('--url <url>', 'where Posthorn is (POSTHORN_URL, http://127.0.0.1:8420)', serviceUrl)
    .option('--json', 'print the answer as JSON');
}

export function withTeam(command: Command): Command {
  return command.option('-t, --team <id>', 'team (POSTHORN_TEAM); may be left out when there is one');
}

/** For verbs about something of one team. */
export function withTeamApi(command: Command, key?: string): Command {
  return withApi(withTeam(command), key);
}
