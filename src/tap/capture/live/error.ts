/**
 * - `addon`: the part in C is missing
 * - `permission`: not root, and without CAP_NET_RAW
 * - `interface`: there is none of that name
 * - `down`: it is down, or went down
 * - `gone`: it was removed while it was read
 * - `link-type`: its packets are of a kind that is not known here
 * - `filter`: the filter cannot be used on it
 * - `memory`: the kernel has no room for the ring
 * - `system`: the kernel refused something else
 */
export type LiveErrorCode =
  | 'addon'
  | 'permission'
  | 'interface'
  | 'down'
  | 'gone'
  | 'link-type'
  | 'filter'
  | 'memory'
  | 'system';

/** Capturing is not possible, or not any more; the message says what to do. */
export class LiveError extends Error {
  readonly code: LiveErrorCode;

  constructor(code: LiveErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LiveError';
    this.code = code;
  }
}

/** Error numbers of the kernel. */
const EPERM = 1;
const ENXIO = 6;
const ENOMEM = 12;
const EACCES = 13;
const ENODEV = 19;
export const ENETDOWN = 100;
const ENOBUFS = 105;

/** There is no interface of that name. */
export function unknownInterface(name: string, cause?: unknown): LiveError {
  const shown = JSON.stringify(name).slice(1, -1);
  const message = `there is no interface '${shown}': 'ip link' lists those of this machine`;
  return new LiveError('interface', message, cause);
}

/** What the kernel refused when a ring was opened, in words. */
export function openingError(name: string, error: unknown): LiveError {
  const number = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  const words = error instanceof Error ? error.message : String(error);
  switch (number) {
    case EPERM:
    case EACCES:
      return new LiveError(
        'permission',
        'live capture needs root or CAP_NET_RAW: run it with sudo; captures in files can be read without',
        error,
      );
    case ENODEV:
    case ENXIO:
      return unknownInterface(name, error);
    case ENETDOWN:
      return new LiveError('down', `${name} is down: 'ip link set ${name} up' brings it up`, error);
    case ENOMEM:
    case ENOBUFS:
      return new LiveError(
        'memory',
        `the kernel has no memory for the ring on ${name}: use fewer blocks`,
        error,
      );
    default:
      return new LiveError('system', `cannot capture on ${name}: ${words}`, error);
  }
}

/** Why an open ring gives nothing more. */
export function readingError(name: string, number: number, exists: boolean): LiveError {
  if (!exists) {
    return new LiveError(
      'gone',
      `${name} was removed while it was captured: what came until then is complete`,
    );
  }
  if (number === ENETDOWN) {
    return new LiveError('down', `${name} went down while it was captured: what came until then is complete`);
  }
  return new LiveError('system', `capturing on ${name} failed with error ${number} of the kernel`);
}
