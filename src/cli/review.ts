import { Argument, type Command, Option } from 'commander';
import type { ShippedChecks } from '../readiness/coverage.rules.ts';
import type { CatalogueFlags } from './review/show-catalogue.ts';
import type { CoverageFlags } from './review/show-coverage.ts';
import { serviceUrl } from './option-values.ts';
import type { RehearseFlags } from './review/rehearse-docusign.ts';
import { addOwnVerbs } from './review/own-verbs.ts';
import { addSaidVerbs } from './review/said-verbs.ts';
import { addSignVerbs } from './review/sign-verbs.ts';
import { addWorkVerbs } from './review/work-verbs.ts';
import type { Terminal } from './terminal/terminal.ts';

const nothingShipped: ShippedChecks = { shipped: new Set(), waiting: new Map() };

/**
 * The verbs under `posthorn review`: those that work through reviews, and those that need no running Posthorn, since they
 * read the catalogue that comes with it.
 * @param loadShipped what can be decided in this release, and what the rest waits for
 */
export function addReviewVerbs(
  review: Command,
  terminal: Terminal,
  loadShipped: () => Promise<ShippedChecks> = () => Promise.resolve(nothingShipped),
): Command {
  review.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  addWorkVerbs(review, terminal);
  addSignVerbs(review, terminal);
  addSaidVerbs(review, terminal);
  addOwnVerbs(review, terminal);
  review
    .command('rehearse')
    .description("Show how DocuSign's review of calls would go now; exit 1 unless it would be passed.")
    .addArgument(new Argument('<provider>', 'whose review').choices(['docusign']))
    .option('-c, --connection <id>', 'sandbox connection; may be left out when there is one')
    .option('-t, --team <id>', 'team (POSTHORN_TEAM); may be left out when there is one')
    .option('-k, --key <key>', 'api key (POSTHORN_KEY, else the operator key in the data folder)')
    .option('--url <url>', 'where Posthorn is (POSTHORN_URL, http://127.0.0.1:8420)', serviceUrl)
    .option('--json', 'print it as JSON')
    .action(async (_provider: string, flags: RehearseFlags) => {
      const { runRehearse } = await import('./review/rehearse-docusign.ts');
      process.exitCode = await runRehearse(flags, terminal);
    });
  review
    .command('coverage')
    .description('Show how much of each checklist is decided without people, attested, or waiting, and for what.')
    .option('--checklist <id>', 'this checklist alone, item by item')
    .option('--json', 'print it as JSON')
    .action(async (flags: CoverageFlags) => {
      const { runCoverage } = await import('./review/show-coverage.ts');
      runCoverage(flags, await loadShipped(), terminal);
    });

  const catalogue = review
    .command('catalogue')
    .description('Read the catalogue: what is checked, when it passes, and how to mend it.')
    .helpCommand('help [verb]', 'show the help of a verb');
  catalogue
    .command('list')
    .description('List checks, blockers first.')
    .option('--checklist <id>', 'that this checklist demands')
    .option('--section <name>', 'of this section, such as security')
    .addOption(new Option('--severity <severity>', 'of this severity').choices(['blocker', 'major', 'minor']))
    .addOption(new Option('--kind <kind>', 'decided in this way').choices(['automatic', 'drill', 'attested']))
    .option('--json', 'print them as JSON')
    .action(async (flags: CatalogueFlags) => {
      const { runCatalogueList } = await import('./review/show-catalogue.ts');
      runCatalogueList(flags, terminal);
    });
  catalogue
    .command('show')
    .description('Show a check: what is measured, when it passes, and how to mend it.')
    .argument('<check>', 'id of the check')
    .option('--json', 'print it as JSON')
    .action(async (checkId: string, flags: { json?: true }) => {
      const { runCatalogueShow } = await import('./review/show-catalogue.ts');
      runCatalogueShow(checkId, flags, terminal);
    });
  return review;
}
