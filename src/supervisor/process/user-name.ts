import { userInfo } from 'node:os';

/** The name of the user that this process is at present; its number where the system has no name for it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A user without an entry in the system's list, as in a container.
    if (error instanceof Error && 'syscall' in error) return String(process.getuid?.() ?? '');
    throw error;
  }
}
