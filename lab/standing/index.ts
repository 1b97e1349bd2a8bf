import type { LabCommands } from '../../src/cli/lab.ts';
import { listAttacks, runAttack } from './attack.ts';
import { ATTACKS } from './attacks.ts';
import { down } from './down.ts';
import { LabError } from './state.ts';
import { status } from './status.ts';
import { traffic } from './traffic.ts';
import { up } from './up.ts';
import { WEB_ATTACK } from './web-attacks.ts';
import { attackWeb, browseWeb } from './web-exchange.ts';

/** What `weir lab` does, one function for each of its words. */
export const commands: LabCommands = {
  up: (name, mode, nat) => privileged('up', () => up(name, mode, nat)),
  down: (name) => privileged('down', () => down(name)),
  status: (name, json) => privileged('status', () => status(name, json)),
  traffic: (name, options) => privileged('traffic', () => traffic(name, options)),
  attack: (name, attack, json) =>
    attack === undefined
      ? Promise.resolve(listAttacks(json))
      : privileged('attack', () =>
          attack === WEB_ATTACK ? attackWeb(name, json) : runAttack(name, attack, json),
        ),
  browse: (name, json) => privileged('browse', () => browseWeb(name, json)),
  attacks: [...ATTACKS.map(({ name }) => name), WEB_ATTACK],
};

/** Runs what needs root; without it, or when it fails, says so in a sentence. */
async function privileged(operation: string, work: () => Promise<number>): Promise<number> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    process.stderr.write(
      `weir: 'lab ${operation}' works with network namespaces, which needs Linux and root; reading captures ('weir read demo/captures') needs neither\n`,
    );
    return 1;
  }
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
}
