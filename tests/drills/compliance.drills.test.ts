import { proveDrills } from './support/prove-drills.ts';

proveDrills('compliance', [
  {
    check: 'compliance.audit.content-complete',
    mutate: [
      {
        file: 'src/members/change-member.ts',
        find: '      before: memberFacts(before),',
        replace: '      before: memberFacts(after),',
      },
    ],
  },
  {
    check: 'compliance.audit.tamper-evident',
    mutate: [
      {
        file: 'src/audit/verify-checkpoints.rules.ts',
        find: 'if (isGenuine(checkpoint, called)) marks.add(called, checkpoint.heads);',
        replace: 'isGenuine(checkpoint, called);',
      },
      { file: 'src/audit/verify-checkpoints.rules.ts', find: '      marks.add(called, heads);', replace: '' },
    ],
  },
  {
    check: 'compliance.audit.access-restricted',
    mutate: [
      {
        file: 'src/database/migrations/0013_audit.sql',
        find: 'BEFORE UPDATE OR DELETE ON',
        replace: 'BEFORE UPDATE ON',
      },
    ],
  },
  {
    check: 'compliance.incident.containment-works',
    pace: 0.2,
    mutate: [
      {
        file: 'src/calling/make-call.ts',
        find: "  if (config.status === 'paused') {",
        replace: "  if (config.status === 'paused' && call.request.method !== 'GET') {",
      },
    ],
  },
]);
