import { readFileSync } from 'node:fs';

/** Ticks of the kernel's clock per second, as it tells them to processes: the same on every Linux of our machines. */
const TICKS = 100;

/** Seconds of CPU that a process with its children has used, all threads; 0 for one that is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    if (children === '') return own;
    return children.split(' ').reduce((sum, child) => sum + cpuSeconds(Number(child)), own);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
