import { spawnSync } from 'node:child_process';

/** A version of HAProxy. */
export interface HaproxyVersion {
  readonly major: number;
  readonly minor: number;
}

/** The first for which configurations are made: older ones no longer get fixes. */
export const OLDEST: HaproxyVersion = { major: 2, minor: 6 };

const ASK_MS = 5000;

/** Whether `version` is this one or a later one. */
export function isFrom(version: HaproxyVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** Reads `2.6`, `2.6.12`, or the first line of `haproxy -v`. Throws an error that says what is expected. */
export function parseVersion(text: string): HaproxyVersion {
  const match = /^(?:HA-?Proxy version )?(\d{1,2})\.(\d{1,2})(?:[.-]|$)/i.exec(text.slice(0, 200).trim());
  if (match === null) throw new Error(`'${text.slice(0, 40)}' is no version of HAProxy, such as 2.6 or 3.2`);
  const version = { major: Number(match[1]), minor: Number(match[2]) };
  if (!isFrom(version, OLDEST.major, OLDEST.minor)) {
    throw new Error(
      `HAProxy ${version.major}.${version.minor} is too old: ${OLDEST.major}.${OLDEST.minor} or later`,
    );
  }
  return version;
}

/** What the installed HAProxy says of its version; undefined where none is installed. */
export function installedVersionText(): string | undefined {
  const { stdout, status } = spawnSync('haproxy', ['-v'], { encoding: 'utf8', timeout: ASK_MS });
  return status === 0 ? stdout : undefined;
}

/** The version that is installed here; undefined where none is, or an old one. */
export function installedVersion(): HaproxyVersion | undefined {
  const text = installedVersionText();
  if (text === undefined) return undefined;
  try {
    return parseVersion(text);
  } catch {
    return undefined;
  }
}
