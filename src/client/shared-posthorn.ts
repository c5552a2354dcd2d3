import { createPosthorn, type Posthorn } from './create-posthorn.ts';
import { type PosthornSettings, readSettings } from './settings.rules.ts';

export type SharedPosthorn = Posthorn & {
  /**
   * Once, when the process starts; the same settings again change nothing.
   * @throws TypeError for settings that cannot be used, and for others than before
   */
  configure(settings: PosthornSettings): void;
};

let shared: { client: Posthorn; base: string; key: string } | undefined;

/** The process's Posthorn. For a second one, with another URL or key, there is `createPosthorn`. */
export const posthorn: SharedPosthorn = {
  configure(settings) {
    const { base, key } = readSettings(settings);
    if (shared !== undefined && (shared.base !== base || shared.key !== key)) {
      throw new TypeError('posthorn has been configured with another url or key: use createPosthorn for a second one.');
    }
    shared ??= { client: createPosthorn(settings), base, key };
  },
  connection: (id) => configured().connection(id),
  documenso: (id) => configured().documenso(id),
  docusign: (id, options) => configured().docusign(id, options),
  goroute: (id, options) => configured().goroute(id, options),
};

function configured(): Posthorn {
  if (shared !== undefined) return shared.client;
  throw new TypeError('posthorn is not configured: call posthorn.configure({ url, key }) when the process starts.');
}
