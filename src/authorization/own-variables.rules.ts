import { isSettingName, settings } from '../configuration/settings.rules.ts';

/** Posthorn's own keys and database URL: no provider and no command is given them. Proxies are meant for all. */
export function isOwnSecret(variable: string): boolean {
  return isSettingName(variable) && settings[variable].secret && variable !== 'HTTPS_PROXY';
}
