import { matchAddresses, parsePrefixes } from './ip-match.ts';
import { listLines } from './list-file.ts';
import { type Operator, OperatorError } from './operator.ts';

/** `@ipMatchFromFile` */
export const ipMatchFromFile: Operator = {
  name: 'ipMatchFromFile',
  description:
    'The value is an address of the file beside the rules: addresses and prefixes as for @ipMatch on its lines; lines that are empty or begin with # are passed over.',
  example: `SecRule REMOTE_ADDR "@ipMatchFromFile blocked.txt" "id:1016,phase:1,deny,status:403"`,
  compile(file, environment) {
    const prefixes = listLines('@ipMatchFromFile', file, environment).flatMap(({ text, line }) => {
      try {
        // An address has no #: what follows is a remark.
        return parsePrefixes(text.split('#', 1)[0] ?? '');
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        throw new OperatorError(`${file}, line ${line}: ${error.message}`);
      }
    });
    return matchAddresses(prefixes);
  },
};

/** `@ipMatchF` */
export const ipMatchF: Operator = {
  ...ipMatchFromFile,
  name: 'ipMatchF',
  description: '@ipMatchFromFile by its short name.',
  example: ipMatchFromFile.example.replace('@ipMatchFromFile', '@ipMatchF'),
};
