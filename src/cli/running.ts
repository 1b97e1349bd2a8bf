import { ConfigurationError } from '../config/index.ts';
import { ControlError, controlFolder, RunningWeir } from '../control/index.ts';
import { printable } from '../output/summary/format.ts';
import { chooseConfiguration } from '../supervisor/index.ts';
import { UsageError } from './usage.ts';

/**
 * Asks the running weir whose control folder the configuration names; what goes wrong becomes words and exit codes.
 *
 * @param where path of the configuration (undefined: the usual one where it exists, else the defaults), or the control
 * folder itself
 * @param otherwise what a user can do where none runs, besides starting it
 */
export async function askRunning(
  where: string | { readonly control: string } | undefined,
  otherwise: string,
  ask: (weir: RunningWeir) => Promise<number>,
): Promise<number> {
  try {
    const folder =
      typeof where === 'object' ? where.control : chooseConfiguration(where).configuration.control.folder;
    return await ask(RunningWeir.at(controlFolder(folder)));
  } catch (error) {
    if (error instanceof ConfigurationError) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    if (!(error instanceof ControlError)) throw error;
    const message = printable(error.message);
    if (error.code === 'question') throw new UsageError(message);
    const start = otherwise === '' ? "'weir up' starts it" : `'weir up' starts it; or ${otherwise}`;
    process.stderr.write(`weir: ${error.code === 'absent' ? `${message}: ${start}` : message}\n`);
    return 1;
  }
}
