import { type Command, InvalidArgumentError, Option } from 'commander';
import { addApiCommand } from './api-command.ts';
import { collected, headerName, seconds, secondsAgo, wholeNumber } from '../option-values.ts';

export type SimulateFlags = {
  to?: string;
  secret?: readonly string[];
  secretFile?: readonly string[];
  scenario?: string;
  event?: string;
  count?: number;
  burst?: number;
  connections?: number;
  duplicates?: number;
  shuffle?: number;
  forge?: true;
  stale?: number;
  tamper?: true;
  flawed?: number;
  speed?: number;
  runner?: string;
  attempts?: number;
  retryDelay?: number;
  timeout?: number;
  signatureHeader?: string;
  pdfSize?: number;
  ca?: string;
  seed?: string;
  at?: number;
  list?: true;
  schema?: true;
  print?: 'curl' | 'http';
  json?: true;
};

/** The arguments of `posthorn simulate`. */
export function withSimulateOptions(command: Command): Command {
  const simulate = command
    .argument('[provider]', 'documenso, docusign, goroute and others: see --list')
    .option('--to <url>', 'the URL of the source, as you would give it to the provider')
    .option(
      '-s, --secret <secret>',
      'what the provider signs with; - reads it from standard input (several)',
      collected,
    )
    .option('--secret-file <path>', 'the same from a file; - reads standard input (several)', collected)
    .option('--scenario <name>', 'a built-in scenario, all of them, or the path of a JSON file')
    .option('--event <type>', 'only this event')
    .option('--count <n>', 'play it n times, or send n of the one event', wholeNumber(1, 100_000))
    .option('--burst <n>', 'send n notifications as fast as they go', wholeNumber(1, 1_000_000))
    .option('-c, --connections <n>', 'how many are under way at once (1)', wholeNumber(1, 1000))
    .option('--duplicates <share>', 'send this share twice, such as 20%', share)
    .option('--shuffle <window>', 'let each get ahead of up to so many others', wholeNumber(1, 1000))
    .option('--forge', 'sign with a wrong secret')
    .option('--stale <seconds>', 'sign as if it had been so long ago', secondsAgo)
    .option('--tamper', 'change the body after it is signed')
    .option('--flawed <share>', 'do these three to this share only, one each', share)
    .option('--speed <factor>', 'how fast time passes: 1 is real; without it nothing waits', factor)
    .option('--runner <name>', 'documenso: its job runner, local, bullmq or inngest')
    .option('--attempts <n>', 'attempts in all, instead of as many as the provider makes', wholeNumber(1, 100))
    .option('--retry-delay <seconds>', "between attempts, instead of the provider's own", seconds)
    .option('--timeout <seconds>', "how long an answer may take, instead of the provider's own", seconds)
    .option('--signature-header <name>', 'goroute: header of the signature (X-GoRoute-Signature)', headerName)
    .option('--pdf-size <bytes>', 'docusign: size of the PDF in envelope-completed', wholeNumber(1000, 100_000_000))
    .option('--ca <file>', 'trust the certificates in this PEM file too')
    .option('--seed <text>', 'the same seed tells the same story')
    .option('--at <time>', 'pretend that it is this time, such as 2026-01-31T12:00:00Z', time)
    .option('--list', 'list providers, or the scenarios and events of one')
    .option('--schema', 'print the JSON Schema of scenario files')
    .addOption(
      new Option('--print [as]', 'print the requests instead of sending them').choices(['curl', 'http']).preset('curl'),
    )
    .option('--json', 'print one line of JSON for each request, and the report')
    .addHelpText(
      'after',
      '\nIt exits with 0 only if everything genuine was acknowledged and everything else refused with 4xx.',
    );
  return addApiCommand(simulate);
}

/** `20%` or `20` as 0.2. */
function share(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent <= 100) return percent / 100;
  throw new InvalidArgumentError('is not a share; write a percentage such as 20%.');
}

function factor(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= 1e9) return value;
  throw new InvalidArgumentError('is not a factor; write 1, 60 or 0.5.');
}

function time(text: string): number {
  const unixMs = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(unixMs)) return unixMs;
  throw new InvalidArgumentError('is not a time; write 2026-01-31T12:00:00Z.');
}
