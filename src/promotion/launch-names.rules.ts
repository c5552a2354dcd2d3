export const thresholdNames = [
  'errorPercent',
  'p95Ms',
  'deliverySuccessPercent',
  'deadLetters',
  'rejectedDocuments',
  'failedSignatures',
] as const;
export type ThresholdName = (typeof thresholdNames)[number];

export const phaseNames = ['launch-day', 'first-week', 'weeks-2-4', 'ongoing'] as const;
export type PhaseName = (typeof phaseNames)[number];
