import { auditAccessRestricted } from './compliance/compliance.audit.access-restricted.ts';
import { auditContentComplete } from './compliance/compliance.audit.content-complete.ts';
import { tamperEvident } from './compliance/compliance.audit.tamper-evident.ts';
import { containmentWorks } from './compliance/compliance.incident.containment-works.ts';
import type { Drill } from './drill.ts';
import { roleMatrixEnforced } from './security/access.role-matrix-enforced.ts';
import { teamsIsolated } from './security/access.teams-isolated.ts';
import { keyRequired } from './security/api-key.required-on-every-route.ts';
import { revocationTakesEffect } from './security/api-key.revocation-takes-effect.ts';
import { logsHoldNothing } from './security/log.no-personal-data-or-secrets.ts';
import { securityEventsRecorded } from './security/log.security-events-recorded.ts';
import { allowListEnforced } from './security/network.ip-allow-list-enforced.ts';
import { rateLimitsEnforced } from './security/network.rate-limits-enforced.ts';
import { ssrfRefused } from './security/network.ssrf-refused.ts';
import { sensitiveMasked } from './security/payload.sensitive-fields-masked.ts';
import { requestsValidated } from './security/request.validated-on-every-route.ts';
import { encryptedAtRest } from './security/secret.encrypted-at-rest.ts';
import { tlsFloor } from './security/transport.tls-floor-both-ways.ts';
import { rejectsForged } from './security/webhook.signature.rejects-forged.ts';

export const securityDrills: readonly Drill[] = [
  rejectsForged,
  keyRequired,
  revocationTakesEffect,
  roleMatrixEnforced,
  teamsIsolated,
  encryptedAtRest,
  tlsFloor,
  ssrfRefused,
  logsHoldNothing,
  allowListEnforced,
  rateLimitsEnforced,
  requestsValidated,
  securityEventsRecorded,
  sensitiveMasked,
  auditContentComplete,
  tamperEvident,
  auditAccessRestricted,
  containmentWorks,
];
