import { findClusterFolder, sharedClusterFolder } from './embedded/cluster-place.ts';
import { EmbeddedDatabaseError } from './embedded/embedded-database-error.ts';
import { hasUsableCluster } from './embedded/initialize-cluster.ts';
import { findLeftClusters, type LeftCluster } from './embedded/left-clusters.ts';
import { findServerPackage } from './embedded/server-package.ts';

/** Where the database of a data folder is, or will be: also where it had to be put. Changes nothing. */
export async function embeddedFolder(dataFolder: string): Promise<string> {
  return await findClusterFolder(dataFolder);
}

/** Databases that were put elsewhere and whose data folder is gone. Changes nothing. */
export async function leftDatabases(sharedFolder = sharedClusterFolder): Promise<readonly LeftCluster[]> {
  return await findLeftClusters(sharedFolder);
}

/** Why the server that npm brought could not run what is there; null when it can, or may not look. Changes nothing. */
export async function embeddedProblem(dataFolder: string): Promise<EmbeddedDatabaseError | null> {
  try {
    const { version } = await findServerPackage(process.platform, process.arch);
    await hasUsableCluster(await findClusterFolder(dataFolder), Number.parseInt(version, 10));
    return null;
  } catch (error) {
    return error instanceof EmbeddedDatabaseError ? error : null;
  }
}
