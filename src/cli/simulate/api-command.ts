import { type Command, Option } from 'commander';
import { planFeatures } from '../../simulation/docusign-plan.rules.ts';
import { collected, headerName, seconds, wholeNumber } from '../option-values.ts';
import type { ApiFlags } from './api-flags.ts';

/** Adds `posthorn simulate api`. Its code is only loaded when it runs. */
export function addApiCommand(simulate: Command): Command {
  // Otherwise options that both have would be taken for those of `posthorn simulate`.
  simulate.enablePositionalOptions().helpCommand(false).usage('[provider] [options]');
  withApiOptions(simulate.command('api')).action(async (provider: string, flags: ApiFlags) => {
    const [{ runSimulateApi }, { openTerminal }] = await Promise.all([
      import('./run-api.ts'),
      import('../terminal/terminal.ts'),
    ]);
    await runSimulateApi(provider, flags, openTerminal());
  });
  return simulate;
}

function withApiOptions(command: Command): Command {
  return command
    .description("Play a provider's API on this machine, until stopped: documents, signatures, limits and faults.")
    .argument('<provider>', 'documenso, docusign or goroute')
    .option('-p, --port <number>', 'port to listen on', wholeNumber(0, 65_535), 8500)
    .option('--webhook <url>', 'send its webhooks to this URL of a source')
    .option('--webhook-secret <secret>', 'what webhooks are signed with; - reads standard input (several)', collected)
    .option('--webhook-secret-file <path>', 'the same from a file; - reads standard input (several)', collected)
    .option('--webhook-secret-stdin', 'the same from standard input')
    .option('--webhook-event <type>', 'send only this event (several)', collected)
    .option('--signature-header <name>', 'goroute: header of the signature (X-GoRoute-Signature)', headerName)
    .option('--attempts <n>', 'attempts at a webhook, instead of as many as the provider makes', wholeNumber(1, 100))
    .option('--retry-delay <seconds>', "between them, instead of the provider's own", seconds)
    .option('--fault <fault>', 'such as slow=2s:10%, 429=5:x3 or "reset@POST /api/*" (several)', collected)
    .option('--seed <text>', 'the same seed makes the same keys and ids', 'demo')
    .option('--sign-after <seconds>', 'documenso, docusign: people sign by themselves after so long', seconds)
    .option('--limit <calls>', 'documenso: calls a minute (1000); docusign: an hour (3000)', wholeNumber(1, 1_000_000))
    .option('--burst <calls>', 'docusign: calls in 30 s (200)', wholeNumber(1, 1_000_000))
    .option(
      '--quota <calls>',
      'documenso: calls until the organisation has used up its quota',
      wholeNumber(0, 1_000_000),
    )
    .addOption(new Option('--storage <where>', 'documenso: where it keeps its files').choices(['s3', 'database']))
    .option('--private-key <file>', 'docusign: RSA key to sign in with; made when there is no such file')
    .option('--consent', 'docusign: the user has consented already')
    .option('--with-documents', 'docusign: envelope-completed carries the PDFs')
    .addOption(
      new Option('--plan-lacks <features...>', 'docusign: what asks for these is refused').choices(planFeatures),
    )
    .addOption(new Option('--errors <scheme>', 'goroute: scheme of error codes').choices(['named', 'numbered']))
    .option('--production-key', 'goroute: its key is none of the sandbox')
    .option('--tls-cert <file>', 'serve https with this certificate')
    .option('--tls-key <file>', 'and its key')
    .option('--ca <file>', 'trust the certificates in this PEM file too, when webhooks are sent')
    .option('--json', 'print one line of JSON for the set-up and for each request and webhook')
    .addHelpText(
      'after',
      '\nSomebody signs by the signing URL, or by POST /simulator/act: see docs/simulated-apis.md.',
    );
}
