import { beginsValue, readComparison, readValue } from './arithmetic.ts';
import type { Expression, Side } from './ast.ts';
import type { Token } from './lexer.ts';
import { ETHER_TYPES, IP_PROTOCOLS, REFUSED } from './names.ts';
import { bareProtocol, nameOf, type Qualifiers } from './primitives.ts';
import { TokenStream } from './tokens.ts';

/** Qualifiers that a name has when none were written before it. */
const DEFAULT: Qualifiers = { protocol: undefined, side: 'either', type: 'host' };

const TYPES: ReadonlySet<string> = new Set(['host', 'net', 'port', 'portrange', 'proto']);

/**
 * Reads an expression of the pcap-filter language; undefined for an empty one, which matches everything.
 * `and` and `or` bind equally and from left to right, `not` more strongly, as in libpcap. A name without
 * qualifiers takes those of the name before it. Throws {@link FilterError}.
 */
export function parseFilter(expression: string): Expression | undefined {
  const tokens = new TokenStream(expression);
  if (tokens.peek().kind === 'end') return undefined;
  const parsed = new FilterParser(tokens).expression();
  const rest = tokens.peek();
  if (rest.kind !== 'end') {
    const what = rest.text === ')' ? "')' closes nothing" : `'and' or 'or' is missing before '${rest.text}'`;
    throw tokens.error(what, rest);
  }
  return parsed;
}

class FilterParser {
  private readonly tokens: TokenStream;
  /** The qualifiers of the latest name: what follows without any takes them over. */
  private latest: Qualifiers | undefined;

  constructor(tokens: TokenStream) {
    this.tokens = tokens;
  }

  /** A run of terms. Neighbours under the same word become one node, so a long list stays flat. */
  expression(): Expression {
    const tokens = this.tokens;
    let left = this.term();
    let run: { kind: 'and' | 'or'; column: number; parts: Expression[] } | undefined;
    let levels = 0;
    for (;;) {
      const token = tokens.peek();
      const kind =
        tokens.is('and') || tokens.is('&&') ? 'and' : tokens.is('or') || tokens.is('||') ? 'or' : undefined;
      if (kind === undefined) break;
      tokens.next();
      if (run?.kind !== kind) {
        tokens.descend(token);
        levels++;
        run = { kind, column: token.column, parts: [left] };
        left = run;
      }
      run.parts.push(this.term());
    }
    tokens.ascend(levels);
    return left;
  }

  private term(): Expression {
    const tokens = this.tokens;
    const token = tokens.peek();
    if (token.kind === 'end') throw tokens.error('the expression ends too early', token);
    if (tokens.is('and') || tokens.is('or')) throw tokens.error(`'${token.text}' joins nothing here`, token);
    if (tokens.is('not') || tokens.is('!')) {
      tokens.next();
      tokens.descend(token);
      const part = this.term();
      tokens.ascend();
      return { kind: 'not', column: token.column, part };
    }
    // A number after `net`, such as `10/8`, is no division.
    if (!(token.kind === 'number' && this.latest?.type === 'net' && tokens.is('/', 1)) && beginsValue(tokens))
      return this.relation();
    if (tokens.is('(')) {
      tokens.next();
      tokens.descend(token);
      const inner = this.expression();
      tokens.expect(')', token);
      tokens.ascend();
      return inner;
    }
    if (token.kind === 'operator') throw tokens.error(`'${token.text}' has no meaning here`, token);
    return this.primitive(token);
  }

  private relation(): Expression {
    const tokens = this.tokens;
    const start = tokens.peek();
    const left = readValue(tokens);
    const at = tokens.peek();
    const comparison = readComparison(tokens);
    if (comparison === undefined) throw tokens.error('a comparison such as = or > is missing', at);
    const right = readValue(tokens);
    return { kind: 'relation', column: start.column, comparison, left, right };
  }

  private primitive(token: Token): Expression {
    const tokens = this.tokens;
    if (token.kind === 'word' && !token.escaped) {
      const refused = Object.hasOwn(REFUSED, token.text) ? REFUSED[token.text] : undefined;
      if (refused !== undefined) throw tokens.error(refused, token);
      switch (token.text) {
        case 'vlan':
        case 'mpls':
        case 'pppoes':
        case 'pppoed':
          return this.tag(token, token.text);
        case 'less':
        case 'greater':
          return this.length(token, token.text);
        case 'broadcast':
        case 'multicast':
          tokens.next();
          return { kind: 'cast', column: token.column, layer: 'ether', cast: token.text };
        default:
          if (isProtocol(token.text)) return this.qualified(token, tokens.next());
          if (token.text === 'src' || token.text === 'dst' || TYPES.has(token.text))
            return this.qualified(token, undefined);
      }
    }
    return nameOf(tokens, this.inherited(token));
  }

  private inherited(token: Token): Qualifiers {
    if (this.latest !== undefined) return this.latest;
    if (token.kind === 'number')
      throw this.tokens.error(
        `what is ${token.text}? Write 'port', 'host', 'net' or 'proto' before it`,
        token,
      );
    return DEFAULT;
  }

  /** What begins with a protocol, a direction or a type. */
  private qualified(start: Token, protocol: Token | undefined): Expression {
    const tokens = this.tokens;
    if (protocol !== undefined) {
      if (tokens.is('broadcast') || tokens.is('multicast')) return this.cast(protocol);
      if (tokens.is('gateway') || tokens.is('protochain'))
        throw tokens.error(REFUSED[tokens.peek().text] as string, tokens.peek());
    }
    const side = this.side();
    let type: Qualifiers['type'] | undefined;
    if (tokens.peek().kind === 'word' && !tokens.peek().escaped && TYPES.has(tokens.peek().text))
      type = tokens.next().text as Qualifiers['type'];
    if (protocol !== undefined && side === undefined && type === undefined) {
      this.latest = undefined;
      return bareProtocol(tokens, protocol);
    }
    if (type === 'proto' && side !== undefined)
      throw tokens.error("'proto' has no source and destination", start);
    this.latest = { protocol, side: side ?? 'either', type: type ?? 'host' };
    return this.names();
  }

  /** A name, or several in parentheses that share the qualifiers: `port (80 or 443)`. */
  private names(): Expression {
    const tokens = this.tokens;
    const token = tokens.peek();
    if (!tokens.is('(')) return nameOf(tokens, this.latest ?? DEFAULT);
    tokens.next();
    tokens.descend(token);
    const inner = this.expression();
    tokens.expect(')', token);
    tokens.ascend();
    return inner;
  }

  private side(): Side | undefined {
    const tokens = this.tokens;
    if (!tokens.is('src') && !tokens.is('dst')) return undefined;
    const first = tokens.next().text;
    const other = first === 'src' ? 'dst' : 'src';
    const and = tokens.is('and') || tokens.is('&&');
    if ((and || tokens.is('or') || tokens.is('||')) && tokens.is(other, 1)) {
      tokens.next();
      tokens.next();
      return and ? 'both' : 'either';
    }
    return first === 'src' ? 'source' : 'destination';
  }

  private cast(protocol: Token): Expression {
    const tokens = this.tokens;
    const word = tokens.next();
    const layer = protocol.text === 'link' ? 'ether' : protocol.text;
    const known = layer === 'ether' || layer === 'ip' || (layer === 'ip6' && word.text === 'multicast');
    if (!known) throw tokens.error(`'${protocol.text}' has no ${word.text}`, word);
    if (tokens.is('mask') || tokens.is('/'))
      throw tokens.error(
        `'${word.text}' takes no mask: use 'net' for the addresses of a network`,
        tokens.peek(),
      );
    return {
      kind: 'cast',
      column: protocol.column,
      layer: layer as 'ether' | 'ip' | 'ip6',
      cast: word.text as 'broadcast' | 'multicast',
    };
  }

  private tag(token: Token, tag: 'vlan' | 'mpls' | 'pppoed' | 'pppoes'): Expression {
    const tokens = this.tokens;
    tokens.next();
    const next = tokens.peek();
    if (tag === 'pppoed' || next.kind !== 'number')
      return { kind: 'tag', column: token.column, tag, id: undefined };
    const highest = tag === 'vlan' ? 4095 : tag === 'mpls' ? 0xfffff : 0xffff;
    if (next.value > highest) throw tokens.error(`'${tag}' takes a number up to ${highest}`, next);
    tokens.next();
    return { kind: 'tag', column: token.column, tag, id: next.value };
  }

  private length(token: Token, comparison: 'less' | 'greater'): Expression {
    const tokens = this.tokens;
    tokens.next();
    const length = tokens.next();
    if (length.kind !== 'number') throw tokens.error(`a length has to follow '${comparison}'`, length);
    return { kind: 'length', column: token.column, comparison, length: length.value };
  }
}

function isProtocol(text: string): boolean {
  return (
    text === 'ether' ||
    text === 'link' ||
    Object.hasOwn(ETHER_TYPES, text) ||
    Object.hasOwn(IP_PROTOCOLS, text)
  );
}
