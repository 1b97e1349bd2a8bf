import { type OperatorEnvironment, OperatorError } from './operator.ts';

/**
 * Lines of a file that a rule names, without those that are empty or begin with `#`. Spaces stay, as in ModSecurity;
 * the end of a DOS line goes. Throws {@link OperatorError} where there is none to read.
 */
export function listLines(
  operator: string,
  file: string,
  environment: OperatorEnvironment,
): readonly { readonly text: string; readonly line: number }[] {
  if (file === '') throw new OperatorError(`${operator} needs the name of a file`);
  if (/^https?:/i.test(file)) {
    throw new OperatorError(
      `${operator} fetches nothing: put what ${file} holds into a file beside the rules`,
    );
  }
  return environment
    .readFile(file)
    .split('\n')
    .map((text, index) => ({ text: text.endsWith('\r') ? text.slice(0, -1) : text, line: index + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
}
