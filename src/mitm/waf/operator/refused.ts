import { OperatorUnavailable } from './injection.ts';
import { type Operator, OperatorError } from './operator.ts';

/**
 * Operators of ModSecurity that are known and not offered: rules with them say why when they are loaded. Rules with those
 * that only want data from elsewhere are left out, for the Core Rule Set 3 has some.
 */
export const REFUSED: readonly Operator[] = [
  refuse(
    'fuzzyHash',
    'The value resembles one of the hashes in a file (ssdeep).',
    `SecRule REQUEST_BODY "@fuzzyHash hashes.txt 6" "id:1030,phase:2,deny"`,
    'it needs a hash list that no rule set here brings; use @pmFromFile with texts that the bodies share',
  ),
  refuse(
    'geoLookup',
    'The country of an address is known.',
    `SecRule REMOTE_ADDR "@geoLookup" "id:1031,phase:1,pass,nolog"`,
    'there is no database of countries; use @ipMatchFromFile with the prefixes of the countries that matter',
    OperatorUnavailable,
  ),
  refuse(
    'gsbLookup',
    'A URL is on the Safe Browsing list.',
    `SecRule ARGS "@gsbLookup list.dat" "id:1032,phase:2,deny"`,
    'that list is no longer published, and ModSecurity 3 does not know it either; use @pmFromFile',
  ),
  refuse(
    'inspectFile',
    'A program finds fault with an uploaded file.',
    `SecRule FILES_TMPNAMES "@inspectFile scan.lua" "id:1033,phase:2,deny"`,
    'rules start no programs; files are scanned by the scanners of the active stream',
  ),
  refuse(
    'rbl',
    'A DNS block list holds the address.',
    `SecRule REMOTE_ADDR "@rbl sbl.example.org" "id:1034,phase:1,deny"`,
    'a request does not wait for DNS; fetch the list and use @ipMatchFromFile',
    OperatorUnavailable,
  ),
  refuse(
    'rsub',
    'Replaces what a regular expression matches.',
    `SecRule RESPONSE_BODY "@rsub s/a/b/" "id:1035,phase:4,pass"`,
    'rules change no bodies, and ModSecurity 3 does not know it either; use @rx to find and deny',
  ),
  refuse(
    'validateDTD',
    'An XML body does not follow a DTD.',
    `SecRule XML "@validateDTD /path/to/xml.dtd" "id:1036,phase:2,deny"`,
    'DTDs are not read, for they are a way to attack; use @rx on XML:/* and XML://@*',
  ),
  refuse(
    'validateHash',
    'A link carries the hash that was written into the page.',
    `SecRule REQUEST_URI "@validateHash prod" "id:1037,phase:1,deny"`,
    'pages are not rewritten, and ModSecurity 3 does not know it either',
  ),
  refuse(
    'validateSchema',
    'An XML body does not follow a schema.',
    `SecRule XML "@validateSchema /path/to/xml.xsd" "id:1038,phase:2,deny"`,
    'XML schemas are not read; use @rx on XML:/* and XML://@*',
  ),
];

function refuse(
  name: string,
  description: string,
  example: string,
  reason: string,
  Problem: typeof OperatorError = OperatorError,
): Operator {
  return {
    name,
    description: `Not offered. ${description}`,
    example,
    compile() {
      throw new Problem(`@${name} is not offered: ${reason}`);
    },
  };
}
