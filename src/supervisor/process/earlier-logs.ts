import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/** What a log of Zeek's begins with, as text and as JSON. */
const BEGINNINGS = ['#separator ', '{"ts":'];
const LOG_NAME = /^[a-z0-9_]+\.log$/;

/** Sets the logs of a folder aside before several sensors write new ones there; what is no log of Zeek's stays. */
export function setAsideLogs(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (LOG_NAME.test(name) && isZeekLog(path)) setAside(path);
  }
}

function isZeekLog(path: string): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const begin = Buffer.alloc(16);
    const length = readSync(file, begin, 0, begin.length, 0);
    const text = begin.toString('latin1', 0, length);
    return BEGINNINGS.some((one) => text.startsWith(one));
  } finally {
    closeSync(file);
  }
}

/** Gives a log of before the name that Zeek's own rotation would: with the time of its last line. */
export function setAside(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0) return;
  const time = stat.mtime.toISOString().slice(0, 23).replace('T', '-').replaceAll(/[:.]/g, '-');
  renameSync(path, path.replace(/\.log$/, `.${time}.log`));
}
