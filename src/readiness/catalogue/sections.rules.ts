/** The sections of the catalogue, each a file, in the order in which a review shows them. */
export const sections = [
  'security',
  'reliability',
  'providers',
  'scalability',
  'monitoring',
  'testing',
  'deployment',
  'operations',
  'compliance',
  'documentation',
  'launch',
] as const;
