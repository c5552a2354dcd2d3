/** Why checks cannot be decided yet. What does not exist passes nothing: they are unknown until it does. */
const reasons: readonly (readonly [reason: string, checks: readonly string[]])[] = [
  [
    'The gateway serves neither samples of receivers nor diagrams yet, so there is nothing to compare with the manifest.',
    ['docs.samples.run-in-each-language', 'docs.architecture.matches-code'],
  ],
  ['How late the event loop was, and how full each pool, is not kept yet.', ['worker.pool-sized-to-load']],
  [
    'Alerting does not exist yet.',
    [
      'webhook.signature.failures-raise-alert',
      'alert.rules-cover-required-conditions',
      'docs.runbooks.every-alert-linked',
      'queue.sized-and-watched',
      'health.watched-from-outside',
      'baseline.recorded',
      'baseline.ready-for-launch',
      'kpi.defined-and-computable',
      'dashboard.every-panel-has-data',
      'metric.scraped-and-agrees-with-ledger',
      'on-call.responders-able-to-act',
      'operations.oncall.covered',
      'operations.scaling.thresholds-armed',
      'compliance.sla.defined',
      'compliance.sla.measured',
      'compliance.sla.reported',
    ],
  ],
  ['Nobody signs in yet: members act with API keys.', ['access.sensitive-actions-step-up']],
  [
    'Backup and restore do not exist yet.',
    [
      'operations.backup.fresh',
      'operations.objectives.met',
      'operations.disaster.second-region',
      'self-hosted.database-backed-up',
    ],
  ],
  [
    'Environments do not tell each other of themselves yet, and of deployments only the beginning is on record.',
    [
      'deployment.strategy.followed',
      'deployment.infrastructure.no-drift',
      'deployment.configuration.same-on-all-nodes',
      'deployment.pipeline.delivers',
      'deployment.approval.second-person',
      'deployment.environments.separated',
      'deployment.staging.matches-production',
      'deployment.rollback.followed-up',
      'operations.maintenance.window-kept',
      'operations.allocation.as-declared',
      'operations.growth.leaves-room',
    ],
  ],
  [
    'Containers, proxies and hosts are not looked at from outside yet.',
    [
      'deployment.https.behind-proxy',
      'deployment.container.non-root',
      'self-hosted.containers-limited',
      'self-hosted.storage-as-declared',
      'resource.limits-set-with-headroom',
      'health.endpoints-answer',
    ],
  ],
  [
    'The lines of the log are not read back yet.',
    ['log.lines-structured', 'log.retention-applied', 'error.every-failure-recorded'],
  ],
  [
    'Validation of documents does not exist yet.',
    ['goroute.validation.rules-in-force', 'goroute.validation.country-rules', 'goroute.validation.before-every-send'],
  ],
  [
    'Nobody can be shown yet what a recipient has to do at Documenso while a drill waits for it.',
    ['documenso.webhook.each-trigger-seen'],
  ],
  [
    'What a document that can do no harm is, and who may get it in production, cannot be declared yet.',
    ['launch.day.first-document-complete'],
  ],
  ['Flows have no trace id that their events keep and lines of the log repeat.', ['log.one-id-follows-a-flow']],
  [
    'When which node was deployed is not on record, so nothing says what is to be verified.',
    ['launch.day.deployment-verified'],
  ],
  [
    'Nothing here starts a process again that ended, and nothing blocks one from inside.',
    ['recovery.process-restarts-itself'],
  ],
  ['Transcripts of another gateway are not read yet.', ['testing.staging.smoke-24h']],
  ['There is no copy of the pages that is read without Posthorn yet.', ['launch.docs.reachable']],
  ['Memory, disk and files of a second gateway are not made too few yet.', ['resource.exhaustion-survived']],
  [
    'Whether a bucket holds its objects on other hardware, and locked, is not tried yet.',
    ['compliance.archive.storage-durable'],
  ],
  ['There are no exercises yet.', ['docs.training.exercises-work']],
  ['Nobody is told of deployment windows by Posthorn yet.', ['launch.window.announced']],
  ['There is no page that somebody could watch yet.', ['launch.day.dashboards-watched']],
  [
    'What people find out about failures is not on record yet.',
    ['launch.first-week.failures-explained', 'launch.weeks-1-4.patterns-acted-on'],
  ],
  [
    'What is to be exchanged, by type and country, is not compared with transactions yet.',
    ['launch.first-week.types-and-countries-seen'],
  ],
  ['Headers of providers’ answers are not kept.', ['launch.ongoing.deprecations-watched']],
  ['Figures of weeks are not compared yet.', ['launch.ongoing.trend-steady']],
  [
    'The pages that are served have no owners, practices, diagrams or table of the database yet.',
    [
      'docs.troubleshooting.every-failure-explained',
      'docs.practices.enforced-or-shown',
      'docs.schema.equals-database',
      'docs.procedures.shown-equals-drilled',
      'docs.security.statements-hold',
      'docs.data-flow.matches-traces',
    ],
  ],
  [
    'The ledger does not hold the id of what a call created, so what a webhook completes cannot be followed back.',
    ['compliance.history.each-document-traceable'],
  ],
  ['Requests of persons have no register yet.', ['compliance.subject.requests-on-time']],
  ['Metrics are not read back from where they are scraped to yet.', ['metric.goroute-series-live']],
  ['Refused and repeated requests are counted, not kept one by one.', ['source.request-log-complete']],
  [
    'What clients do with connections and tokens is not counted yet.',
    ['client.one-shared-per-connection', 'document.repeats-use-templates'],
  ],
];

/** By the id of the check. */
export const waiting: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(([reason, checks]) => checks.map((check): [string, string] => [check, reason])),
);
