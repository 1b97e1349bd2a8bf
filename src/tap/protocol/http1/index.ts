import type { Protocol } from '../parser.ts';
import { type Http1Options, Http1Parser } from './parser.ts';
import { PORTS, probe } from './probe.ts';

export { contentRange } from './disposition.ts';
export { type Http1Options, Http1Parser } from './parser.ts';
export { HTTP_LOG } from './transaction.ts';

/** HTTP/1 with options of the user's. */
export function http1With(options: Http1Options): Protocol {
  return {
    name: 'http',
    ndpi: 'HTTP',
    service: 'http',
    transports: ['tcp'],
    ports: PORTS,
    probe,
    create: (context) => new Http1Parser(context, options),
  };
}

/** HTTP/0.9, 1.0 and 1.1. */
export const http1: Protocol = http1With({});
