/** What `posthorn verify` says of a connection before a deployment: the names of its lines, in the order of printing. */
export const providerLines = ['key configured', 'API answers', 'webhook address answers', 'provider is well'] as const;

export type ProviderLine = (typeof providerLines)[number];

/** Where releases are deployed unless another environment is named. */
export const productionEnvironment = 'production';
