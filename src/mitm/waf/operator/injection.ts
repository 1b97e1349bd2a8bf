import { type InjectionAddon, loadInjection } from '../../../native/index.ts';
import { LimitError, OperatorError } from './operator.ts';

/**
 * An operator that is known and written correctly, and whose library this machine does not have. Whoever loads rules
 * leaves those with it out and warns once.
 */
export class OperatorUnavailable extends OperatorError {}

/** libinjection, loaded at the first call. Throws {@link OperatorUnavailable} where it cannot be. */
export function injection(): InjectionAddon {
  const loaded = loadInjection();
  switch (loaded.state) {
    case 'ready':
      return loaded.addon;
    case 'absent':
      throw new OperatorUnavailable(
        'libinjection cannot be asked: build/weir-injection.node is not built (setup/addon.sh)',
      );
    case 'failed':
      throw new OperatorUnavailable(
        `libinjection is not there: ${loaded.reason} (Debian: apt-get install libmodsecurity3)`,
      );
    default:
      return loaded satisfies never;
  }
}

/** Throws {@link LimitError} for a value that libinjection is not asked about. */
export function checkLength(value: string, limit: number): void {
  if (value.length > limit) {
    throw new LimitError(`a value of ${value.length} bytes is too long for libinjection (at most ${limit})`);
  }
}

/** One name of letters, digits, dots and underscores: libinjection makes one token of it, and no attack has one. */
const NAME = /^[A-Za-z][A-Za-z0-9_.]*$/;

/** Whether libinjection need not be asked: most values of most requests are such. */
export function isHarmless(value: string): boolean {
  return value === '' || NAME.test(value);
}

/** Letters, digits and the punctuation of sentences: without tags and attributes with values nothing is a script. */
const PROSE = /^[\w \t\n.,;:!?()@%+*/-]*$/;

/** Whether libinjection need not be asked for scripts: the texts that people write are such. */
export function isProse(value: string): boolean {
  return PROSE.test(value);
}
