/** What reviews are signed for; checklists name those that have to sign. */
export const duties = ['engineering', 'security', 'operations', 'product', 'quality'] as const;

export type Duty = (typeof duties)[number];
