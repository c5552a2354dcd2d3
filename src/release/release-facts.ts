import type { ReleaseManifest } from './manifest-schema.ts';

/** What runs, as it is found. */
export type RunningRelease = {
  version: string;
  code: 'dist' | 'src';
  /** Over code, catalogue and package.json. */
  digest: string | null;
  catalogueDigest: string;
  capabilities: readonly string[];
  /** Installed versions of what package.json names. */
  dependencies: Readonly<Record<string, string>>;
  node: string;
  processors: number;
  memoryMb: number;
  isInContainer: boolean;
  /** Whom to tell of a vulnerability is published beside it. */
  hasSecurityPolicy: boolean;
  providers: readonly string[];
  settings: readonly string[];
  /** Automatic checks and drills that this release decides. */
  decides: readonly string[];
};

/** Why a manifest proves nothing of what runs. `wrong`: it says that it does, and it does not. */
export type ManifestFault = {
  kind: 'absent' | 'no-key' | 'ephemeral' | 'wrong';
  what: string;
  /** What to run or set. */
  command: string | null;
};

/** A manifest is only handed on when the pipeline's key signed it, and for the very build that runs. */
export type ReleaseFacts = { running: RunningRelease } & (
  | { verified: true; manifest: ReleaseManifest }
  | { verified: false; fault: ManifestFault }
);
