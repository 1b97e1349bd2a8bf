import { type BodyParts, NO_PARTS } from '../body/body.ts';
import { parseJson } from '../body/json.ts';
import { multipartParts, parseMultipart } from '../body/multipart.ts';
import { parseXml } from '../body/xml.ts';
import type { Transaction } from './transaction.ts';

/** Takes the request's body, which only multipart may have empty, apart with the processor that its headers name, or that a rule wants. */
export function processBody(transaction: Transaction): void {
  const { body, bodyProcessor } = transaction;
  const limits = {
    arguments: transaction.settings.argumentsLimit,
    depth: transaction.settings.jsonDepthLimit,
  };
  switch (bodyProcessor) {
    case 'URLENCODED':
      transaction.addArguments(body, 'body');
      return;
    case 'JSON': {
      const { args, error } = parseJson(body, limits);
      take(transaction, { ...NO_PARTS, arguments: args, error: prefixed('JSON parsing error: ', error) });
      return;
    }
    case 'XML': {
      const { text, attributes, error } = parseXml(body, limits);
      take(transaction, {
        ...NO_PARTS,
        xml: { text, attributes },
        error: prefixed('XML parsing error: ', error),
      });
      return;
    }
    case 'MULTIPART':
      take(transaction, multipartParts(parseMultipart(body, transaction.header('content-type'), limits)));
      return;
    default:
  }
}

function take(transaction: Transaction, parts: BodyParts): void {
  transaction.parts = parts;
  for (const [name, value] of parts.arguments) transaction.addArgument(name, value, 'body');
}

function prefixed(prefix: string, error: string | undefined): string {
  return error === undefined || error === '' ? '' : prefix + error;
}
