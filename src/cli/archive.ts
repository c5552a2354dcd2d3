import { type Command, Option } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { CommonFlags } from './archive/open-archive.ts';
import type { ListFlags } from './archive/show-archive.ts';
import { wholeNumber } from './option-values.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn archive`. Their code is only loaded when one runs. */
export function addArchiveVerbs(archive: Command, terminal: Terminal): Command {
  archive.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(list(archive)).action(async (flags: ListFlags) => {
    const { runList } = await import('./archive/show-archive.ts');
    await runList(flags, terminal);
  });
  withTeamApi(
    archive.command('show').description('Show what is known of a document.').argument('<document>', 'id of it'),
  ).action(async (document: string, flags: CommonFlags) => {
    const { runShow } = await import('./archive/show-archive.ts');
    await runShow(document, flags, terminal);
  });
  withTeamApi(fetch(archive)).action(
    async (document: string, flags: CommonFlags & { output?: string; force?: true }) => {
      const { runFetch } = await import('./archive/fetch-document.ts');
      await runFetch(document, flags, terminal);
    },
  );
  withTeamApi(jobs(archive)).action(async (flags: ListFlags) => {
    const { runJobs } = await import('./archive/show-archive.ts');
    await runJobs(flags, terminal);
  });
  withTeamApi(
    archive
      .command('retry')
      .description('Fetch everything of a job once more, now.')
      .argument('<job>', 'id of the job'),
  ).action(async (job: string, flags: CommonFlags) => {
    const { runRetry } = await import('./archive/request-job.ts');
    await runRetry(job, flags, terminal);
  });
  withTeamApi(request(archive)).action(
    async (connection: string, subject: string, flags: CommonFlags & { completion?: string }) => {
      const { runRequest } = await import('./archive/request-job.ts');
      await runRequest(connection, subject, flags, terminal);
    },
  );
  withTeamApi(verify(archive)).action(async (flags: CommonFlags & { all?: true; wait: boolean }) => {
    const { runVerify } = await import('./archive/verify-archive.ts');
    process.exitCode = await runVerify(flags, terminal);
  });
  return archive;
}

function list(archive: Command): Command {
  return filters(archive.command('list').description('List archived documents, newest first.'))
    .addOption(new Option('--kind <kind>', 'of this kind').choices(['signed', 'certificate', 'audit-log', 'document']))
    .addOption(new Option('--state <state>', 'in this state').choices(['stored', 'damaged', 'missing']))
    .option('--since <time>', 'stored at or after, as 2026-11-01T00:00:00Z')
    .option('--until <time>', 'stored before');
}

function jobs(archive: Command): Command {
  return filters(
    archive.command('jobs').description('List what is to be fetched, and what stands in the way.'),
  ).addOption(new Option('--state <state>', 'in this state').choices(['waiting', 'stored', 'missing', 'failed']));
}

function filters(command: Command): Command {
  return command
    .option('--connection <id>', 'of this connection')
    .option('--subject <subject>', 'of this envelope, document or transaction')
    .option('--limit <n>', 'how many, at most', wholeNumber(1, 500), 50);
}

function fetch(archive: Command): Command {
  return archive
    .command('fetch')
    .description('Write a document to a file, its bytes compared with their hash.')
    .argument('<document>', 'id of the document')
    .option('-o, --output <path>', 'file or folder; otherwise its own name, here')
    .option('--force', 'replace a file that is there');
}

function request(archive: Command): Command {
  return archive
    .command('request')
    .description('Have the documents of one subject archived, without an event.')
    .argument('<connection>', 'id of the connection')
    .argument('<subject>', 'envelope, document or transaction, as the provider names it')
    .option('--completion <type>', 'event type that it would have come with, where there are several');
}

function verify(archive: Command): Command {
  return archive
    .command('verify')
    .description('Compare documents with their hashes; exit 1 if one is damaged or missing.')
    .option('--all', 'also those that were verified in the last 24 hours')
    .option('--no-wait', 'begin, and do not wait for the end');
}
