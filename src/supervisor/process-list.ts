import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasMadeMirror, thisProcess } from '../mirror/index.ts';
import type { ProcessDescription } from './managed-process.ts';
import { API, HUB, MIRROR_GUARD, PROXY, RESPONDER, SENSOR } from './messages.ts';
import { networkAdministratorAlone } from './privileges.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { spread } from './workers.ts';

/** The sensor and the hub; a configuration may want several sensors, and a mirror its guard. */
export const PROCESSES: readonly ProcessDescription[] = [
  {
    name: SENSOR,
    module: new URL('./process/sensor.ts', import.meta.url),
    // Nothing young lives long in the path of packets: room for more of it would only be memory. When the old are
    // collected the sensor decides itself (`keepMemorySmall`), and code that had not run for long must not go with them:
    // a packet would wait for it to be compiled again.
    flags: ['--max-semi-space-size=1', '--expose-gc', '--no-flush-bytecode'],
  },
  { name: HUB, module: new URL('./process/hub.ts', import.meta.url) },
];

/**
 * Node's for a process in the path of requests; the launcher `weir` has them too. Several threads that collect garbage
 * wait for each other, and one that has to wait for a processor holds up requests. And while there is too much to do
 * requests live long: code that is compiled then would make all later ones old from the start. 0: each thread has room for
 * young objects of its own.
 */
export const LIVE_FLAGS: readonly string[] = [
  '--max-semi-space-size=0',
  '--single-threaded-gc',
  '--no-allocation-site-pretenuring',
];

const API_MODULE = new URL('./process/api.ts', import.meta.url);
const PROXY_MODULE = new URL('./process/proxy.ts', import.meta.url);
const RESPONDER_MODULE = new URL('./process/responder.ts', import.meta.url);
const GUARD = new URL('./process/mirror-guard.ts', import.meta.url);

/**
 * The processes that a configuration makes of a list: a sensor becomes several, the active stream gets a proxy, and a
 * mirror that this process has started a guard. Captures are read by one sensor, and mirror nothing; beside them only
 * the ways of web traffic are decided about.
 */
export function processesOf(options: SupervisorOptions): readonly ProcessDescription[] {
  const { processes, run, configuration, say } = options;
  const { workers, mirror } = configuration.capture;
  const several = processes.flatMap((one) => (one.name === SENSOR ? spread(one, workers) : [one]));
  const list = run.captures.length > 0 ? [...processes] : several;
  if (configuration.api.enabled) list.push({ name: API, module: API_MODULE });
  if (configuration.web.enabled) list.push({ name: PROXY, module: PROXY_MODULE, flags: LIVE_FLAGS });
  // About the packets of captures nothing can be decided any more, about requests that come meanwhile it can.
  const decides = run.captures.length === 0 || configuration.web.enabled;
  if (configuration.respond.mode !== 'off' && decides) list.push(responderOf(configuration));
  if (run.captures.length > 0) return list;
  // A mirror that was there already is somebody else's.
  if (mirror.mode !== 'software' || !hasMadeMirror()) return list;
  const launcher = networkAdministratorAlone(dirname(fileURLToPath(GUARD)));
  if (launcher === undefined) {
    say(
      'the process that takes the mirror away keeps more rights than it needs: setpriv is not installed, or CAP_SETPCAP is missing',
    );
  }
  return [...list, { name: MIRROR_GUARD, module: GUARD, maker: thisProcess(), launcher }];
}

/** nftables needs CAP_NET_ADMIN alone; BPF programs that an earlier run left are found by root alone. */
function responderOf({ respond }: SupervisorOptions['configuration']): ProcessDescription {
  const alone = process.getuid?.() === 0 && respond.xdp.interfaces.length === 0;
  const launcher = alone ? networkAdministratorAlone(dirname(fileURLToPath(RESPONDER_MODULE))) : undefined;
  return { name: RESPONDER, module: RESPONDER_MODULE, launcher };
}
