import { withInterrupt } from './interrupt.ts';
import { isAnythingThere, labOf, removeLab } from './state.ts';

/** Removes the lab and all that runs in it. Returns the exit code; that there is none is no failure. */
export function down(name: string): Promise<number> {
  // Ctrl-C does not cut a removal short: it takes seconds, and what it leaves would have to be removed anyway.
  return withInterrupt(async () => {
    const lab = labOf(name);
    if (!isAnythingThere(lab)) {
      process.stdout.write('There is no lab, nothing to remove.\n');
      return 0;
    }
    const programs = await removeLab(lab);
    process.stdout.write(
      `The lab is down: ${programs} programs ended, ${lab.namespaces.length} namespaces and all files removed.\n`,
    );
    return 0;
  });
}
