/** In front of the origins and the scenarios of all that any weir pushes. */
export const WEIR_PREFIX = 'weir/';

/** What a machine's name may have in an origin; commas would part a list of origins in a question. */
const NOT_IN_ORIGIN = /[^\w.:@-]/g;
const LONGEST_MACHINE = 64;

/** The origin of what this machine pushes: `weir/gateway-1`. Each machine needs a login of its own. */
export function originOf(machine: string): string {
  return `${WEIR_PREFIX}${machine.slice(0, LONGEST_MACHINE).replace(NOT_IN_ORIGIN, '_')}`;
}

/** The scenario under which a decision is pushed: `weir/ssh-brute-force`. */
export function pushedScenario(name: string): string {
  return name.startsWith(WEIR_PREFIX) ? name : `${WEIR_PREFIX}${name}`;
}

/**
 * Whose decision it is: `own` of this machine, `peer` of another weir at the same LAPI, `other` of CrowdSec. A decision
 * for one of our scenarios under somebody else's origin is what a profile of CrowdSec made of an alert: which weir told
 * of that cannot be known, and the one that did has decided by itself; it counts as own.
 */
export function ownerOf(
  { origin, scenario }: { readonly origin: string; readonly scenario: string },
  ownOrigin: string,
): 'own' | 'peer' | 'other' {
  if (origin === ownOrigin) return 'own';
  if (origin.startsWith(WEIR_PREFIX)) return 'peer';
  return scenario.startsWith(WEIR_PREFIX) ? 'own' : 'other';
}
