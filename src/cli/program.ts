import { Command, Option } from 'commander';
import { addCallVerbs } from './calls.ts';
import { addArchiveVerbs } from './archive.ts';
import { addAuditVerbs } from './audit.ts';
import { addConnectionVerbs } from './connections.ts';
import { addKeyVerbs } from './keys.ts';
import { addDeclarationVerbs } from './declarations.ts';
import { addDeploymentVerbs } from './deployment.ts';
import { addDrillVerbs } from './drill.ts';
import type { ListenOptions } from './listen.ts';
import { addMemberVerbs } from './members.ts';
import { addPromotionVerbs, withPromotion } from './promotion.ts';
import { collected, headerName, seconds, serviceUrl, wholeNumber } from './option-values.ts';
import { addReleaseVerbs } from './release.ts';
import { addReviewVerbs } from './review.ts';
import type { SendOptions } from './send.ts';
import { type SimulateFlags, withSimulateOptions } from './simulate/command-options.ts';
import { addSourceVerbs } from './sources.ts';
import type { Terminal } from './terminal/terminal.ts';
import type { VerifyFlags } from './verify.ts';
import { readVersion } from './version.ts';

type Verb = (terminal: Terminal) => Command;

/** Unless told, Commander does not wrap descriptions at all that have less than 40 columns left of 80. */
const minWidthToWrap = 24;

/** The verbs and their options. A verb's own code is only loaded when it runs, so that help is instant. */
export function buildProgram(terminal: Terminal): Command {
  const program = named('posthorn', 'Self-hosted webhook gateway: receives, sends and governs webhooks.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand('help [verb]', 'show the help of a verb')
    // Without it an option that a verb and a verb below it both have would be taken for the upper one's.
    .enablePositionalOptions()
    .usage('<verb> [options]')
    // What each takes is in its own help, and here would leave no room on 80 columns for what it does.
    .configureHelp({ subcommandTerm: (verb) => verb.name() });
  for (const verb of [
    up,
    send,
    inbox,
    listen,
    sources,
    connections,
    calls,
    archive,
    members,
    declarations,
    review,
    promote,
    promotions,
    drill,
    release,
    deployment,
    audit,
    simulate,
    keys,
    verify,
    doctor,
    demo,
  ])
    program.addCommand(verb(terminal));
  program.addHelpText(
    'after',
    '\nBegin with: posthorn demo\n        or: posthorn up, and in a second terminal posthorn inbox',
  );
  return program;
}

function named(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ minWidthToWrap })
    .configureOutput({
      outputError: (text, write) => write(`posthorn: ${inOneLine(text, helpOf(name))}\n`),
    });
}

const up: Verb = (terminal) =>
  named('up', 'Start Posthorn: API, delivery and its own PostgreSQL, until stopped.')
    .option('-p, --port <number>', 'port to listen on (PORT, 8420)', wholeNumber(0, 65_535))
    .option('--host <address>', 'address to listen on (HOST, 127.0.0.1)')
    .option('--data <folder>', 'data folder (POSTHORN_DATA, ./data)')
    .option('--config <file>', 'JSON file of settings (POSTHORN_CONFIG)')
    .action(async (options: { port?: number; host?: string; data?: string; config?: string }) => {
      const { runUp } = await import('./up.ts');
      await runUp(options, terminal);
    });

const send: Verb = (terminal) =>
  named('send', 'Post an event to a running Posthorn.')
    .argument('<type>', 'event type, such as DOCUMENT_COMPLETED')
    .option('-d, --data <text>', 'the payload; - reads it from standard input')
    .option('-f, --file <path>', 'the payload from a file; - reads it from standard input')
    .option('-t, --team <id>', 'team (POSTHORN_TEAM); may be left out when there is one')
    .option('-k, --key <key>', 'api key (POSTHORN_KEY, else the operator key in the data folder)')
    .option('--url <url>', 'where Posthorn is (POSTHORN_URL, http://127.0.0.1:8420)', serviceUrl)
    .option('--content-type <type>', 'send the payload as it is, with this content type')
    .option('--idempotency-key <key>', 'the same key accepts the event once')
    .option('--ordering-key <key>', 'events of one key arrive in order')
    .option('--register', 'register the event type when it is unknown')
    .option('-w, --wait', 'follow its deliveries until they are settled')
    .option('--timeout <seconds>', 'how long --wait waits', seconds, 60)
    .option('--json', 'print the answer as JSON')
    .action(async (type: string, options: SendOptions) => {
      const { runSend } = await import('./send.ts');
      process.exitCode = await runSend(type, options, terminal);
    });

type InboxFlags = {
  host: string;
  port: number;
  secret?: readonly string[];
  scheme: 'standard-webhooks' | 'hmac-sha256-hex' | 'shared-secret-header';
  header?: string;
  fail?: number;
  status?: number;
  hang: number;
  retryAfter?: number;
  max?: number;
  json?: true;
  full?: true;
};

const inbox: Verb = (terminal) =>
  named('inbox', 'Receive webhooks, print and verify them; fail, hang or refuse on request.')
    .option('-p, --port <number>', 'port to listen on', wholeNumber(0, 65_535), 8421)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-s, --secret <secret>', 'verify with this secret (several: any may fit)', collected)
    .addOption(
      new Option('--scheme <scheme>', 'how webhooks are signed')
        .choices(['standard-webhooks', 'hmac-sha256-hex', 'shared-secret-header'])
        .default('standard-webhooks'),
    )
    .option('--header <name>', 'header of the signature or the secret', headerName)
    .option('--fail <n>', 'fail the first n attempts of each delivery', wholeNumber(1, 1000))
    .option('--status <code>', 'answer with this status', wholeNumber(200, 599))
    .option('--hang <seconds>', 'wait before answering', seconds, 0)
    .option('--retry-after <seconds>', 'answer with Retry-After (503 unless --status)', wholeNumber(0, 31_536_000))
    .option('--max <n>', 'end after n webhooks; exit 1 if one was not verified', wholeNumber(1, 1_000_000))
    .option('--full', 'print whole bodies')
    .option('--json', 'print one line of JSON for each webhook')
    .addHelpText('after', '\nWith --fail, --status, --hang and --retry-after shape those failures only.')
    .action(async (flags: InboxFlags) => {
      const { runInbox } = await import('./inbox.ts');
      const header = flags.header ?? (flags.scheme === 'shared-secret-header' ? 'x-webhook-secret' : 'x-signature');
      process.exitCode = await runInbox(
        {
          host: flags.host,
          port: flags.port,
          verification: { scheme: flags.scheme, header, secrets: flags.secret ?? [] },
          plan: {
            failFirst: flags.fail ?? null,
            status: flags.status ?? null,
            hangMs: flags.hang * 1000,
            retryAfterSeconds: flags.retryAfter ?? null,
          },
          max: flags.max ?? null,
          json: flags.json === true,
          full: flags.full === true,
        },
        terminal,
      );
    });

const listen: Verb = (terminal) =>
  named('listen', "Show a team's events as they come, and forward them to this machine.")
    .option('--source <source>', 'events of this source: its id or its name')
    .option('--endpoint <id>', 'events that this endpoint gets')
    .option('--event-type <type>', 'events of this type, or of a family as invoice.* (several)', collected)
    .option('--filter <json>', 'events whose payload matches, as for an endpoint')
    .option('--forward <url>', 'post each event here, signed as a delivery is')
    .option('--secret <secret>', 'sign with this whsec_ secret, not with the one that is kept')
    .option('--timeout <seconds>', 'how long a forwarded request may take', seconds, 30)
    .option('--since <when>', 'begin at 10m, 2h or 7d ago, or at a time; otherwise now')
    .option('--max <n>', 'end after n events; exit 1 if one of them failed', wholeNumber(1, 1_000_000))
    .option('-t, --team <id>', 'team (POSTHORN_TEAM); may be left out when there is one')
    .option('-k, --key <key>', 'api key (POSTHORN_KEY, else the operator key in the data folder)')
    .option('--url <url>', 'where Posthorn is (POSTHORN_URL, http://127.0.0.1:8420)', serviceUrl)
    .option('--json', 'print one line of JSON for each event')
    .action(async (options: ListenOptions) => {
      const { runListen } = await import('./listen.ts');
      process.exitCode = await runListen(options, terminal);
    });

const sources: Verb = (terminal) =>
  addSourceVerbs(named('sources', 'Manage sources: where providers post their webhooks to.'), terminal);

const archive: Verb = (terminal) =>
  addArchiveVerbs(
    named('archive', 'Read, verify and mend the archive: signed documents, kept under their hashes.'),
    terminal,
  );

const connections: Verb = (terminal) =>
  addConnectionVerbs(
    named('connections', "Manage connections: accounts at providers' APIs, called through Posthorn."),
    terminal,
  );

const calls: Verb = (terminal) =>
  addCallVerbs(
    named('calls', 'Read the ledger of calls to providers: what was called, how it ended, how long it took.'),
    terminal,
  );

const members: Verb = (terminal) =>
  addMemberVerbs(named('members', 'The people of a team: their roles, and who of them signs reviews.'), terminal);

const declarations: Verb = (terminal) =>
  addDeclarationVerbs(
    named('declarations', 'What a team says of itself, for measurements to be compared with.'),
    terminal,
  );

const review: Verb = (terminal) =>
  addReviewVerbs(
    named('review', 'Hold an integration against checklists: measure, attest, waive, sign, and certify.'),
    terminal,
    async () => (await import('../readiness/shipped-coverage.ts')).shippedChecks,
  );

const drill: Verb = (terminal) =>
  addDrillVerbs(named('drill', 'Run drills: active tests of the gateway and the integration.'), terminal);

const release: Verb = (terminal) =>
  addReleaseVerbs(
    named('release', 'Read and verify the manifest of this release: what its pipeline measured, signed.'),
    terminal,
  );

const deployment: Verb = (terminal) =>
  addDeploymentVerbs(
    named('deployment', 'Put on record when a release begins to be deployed, and list what was verified before.'),
    terminal,
  );

const simulate: Verb = (terminal) =>
  withSimulateOptions(
    named('simulate', 'Send the webhooks of a provider: true to form, forged, twice or in a burst; no account needed.'),
  ).action(async (provider: string | undefined, flags: SimulateFlags) => {
    const { runSimulate } = await import('./simulate.ts');
    process.exitCode = await runSimulate(provider, flags, terminal);
  });

const promote: Verb = (terminal) =>
  withPromotion(
    named('promote', 'Lead a connection from the sandbox to production under a review; exit 0 when live.'),
    terminal,
  );

const promotions: Verb = (terminal) =>
  addPromotionVerbs(named('promotions', 'List promotions, show one step by step, roll one back, or resume.'), terminal);

const audit: Verb = (terminal) =>
  addAuditVerbs(named('audit', 'Read, export and verify the audit log: who did what, in hash chains.'), terminal);

const keys: Verb = (terminal) =>
  addKeyVerbs(named('keys', 'See what the master keys seal, and move everything to a new one.'), terminal);

const verify: Verb = (terminal) =>
  named('verify', 'Measure what decides whether a team may be deployed; exit 1 if a blocker fails.')
    .option('-t, --team <id>', 'team (POSTHORN_TEAM); may be left out when there is one')
    .option('-k, --key <key>', 'api key (POSTHORN_KEY, else the operator key in the data folder)')
    .option('--url <url>', 'where Posthorn is (POSTHORN_URL, http://127.0.0.1:8420)', serviceUrl)
    .option('--all', 'also what does not concern this team, and what cannot be decided here')
    .option('--record', 'look at each Documenso connection too, and put the run on record; exit 1 if it cannot be')
    .option('--release <release>', 'what is to be deployed, as the deployment will be called')
    .option('--environment <name>', 'where it is to be deployed', 'production')
    .option('--connection <id>', 'of Documenso connections this one alone; may be given several times', collected)
    .option('--junit <file>', 'write JUnit XML there as well')
    .option('--json', 'print the checks as JSON')
    .action(async (flags: VerifyFlags) => {
      const { runVerify } = await import('./verify.ts');
      process.exitCode = await runVerify(flags, terminal);
    });

const doctor: Verb = (terminal) =>
  named('doctor', 'Check this machine and configuration, and say how to mend what is wrong.')
    .option('--config <file>', 'JSON file of settings (POSTHORN_CONFIG)')
    .option('--data <folder>', 'data folder (POSTHORN_DATA, ./data)')
    .option('--json', 'print the findings as JSON')
    .action(async (options: { config?: string; data?: string; json?: true }) => {
      const { runDoctor } = await import('./doctor.ts');
      process.exitCode = await runDoctor(options, terminal);
    });

const demo: Verb = (terminal) =>
  named(
    'demo',
    'Play the whole story here in under a minute: receive from a provider, refuse a forgery, send, retry, resend.',
  ).action(async () => {
    const { runDemo } = await import('./demo.ts');
    process.exitCode = await runDemo(terminal);
  });

/** Commander's `error: unknown option '--prot'\n(Did you mean --port?)`, as one line that ends with the remedy. */
function inOneLine(text: string, help: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  const [, option, problem] =
    /^option '(?:-\w, )?(--[\w-]+)[^']*' argument '.*' is invalid\. (.*;.*)$/.exec(line) ?? [];
  return option === undefined ? `${line}; see: ${help}` : `${option} ${problem}`;
}

function helpOf(name: string): string {
  return name === 'posthorn' ? 'posthorn --help' : `posthorn ${name} --help`;
}
