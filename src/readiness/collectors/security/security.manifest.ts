import { manifestCheck } from '../manifest-check.ts';
import { judgeScans } from './release.code-scanned.rules.ts';
import { judgeAdvisories } from './release.dependencies-free-of-known-holes.rules.ts';
import { judgeConstantTime } from './webhook.signature.compares-in-constant-time.rules.ts';

export const signaturesInConstantTime = manifestCheck('webhook.signature.compares-in-constant-time', judgeConstantTime);
export const dependenciesFreeOfHoles = manifestCheck('release.dependencies-free-of-known-holes', judgeAdvisories);
export const codeScanned = manifestCheck('release.code-scanned', judgeScans);
