import { manifestCheck } from '../manifest-check.ts';
import { judgeFixedInTime } from './compliance.vulnerabilities.fixed-in-time.rules.ts';

export const vulnerabilitiesFixedInTime = manifestCheck('compliance.vulnerabilities.fixed-in-time', judgeFixedInTime);
