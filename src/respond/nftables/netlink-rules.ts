/** Sets, and rules that ask them, as netlink messages (linux/netfilter/nf_tables.h). */
import { endianness } from 'node:os';
import { parsePrefix } from '../../net/index.ts';
import { bitsOf, type ElementSet } from './element-set.ts';
import { FLAG, INET, type MessageWriter, SUBSYSTEM } from './netlink-message.ts';
import { allOnes, type Lookup } from './ruleset.ts';

const MESSAGE = { newRule: 6, newSet: 9 } as const;
const SET = { table: 1, name: 2, flags: 3, keyType: 4, keyLength: 5, id: 10, userData: 13 } as const;
const SET_TIMEOUT = 0x10;
/** What `nft` calls the types of the keys; the kernel keeps the number for it. */
const KEY_TYPE = { 4: 7, 6: 8 } as const;
/** What `nft` keeps with a set for itself: that the bytes of its keys are in the order of the network. */
const KEY_ORDER = Uint8Array.from([0, 4, ...(endianness() === 'LE' ? [2, 0, 0, 0] : [0, 0, 0, 2])]);
const RULE = { table: 1, chain: 2, expressions: 4 } as const;
const EXPRESSION = { element: 1, name: 1, data: 2 } as const;
const META = { to: 1, key: 2 } as const;
const META_PROTOCOL = 15;
const COMPARE = { from: 1, operation: 2, data: 3 } as const;
const EQUAL = 0;
const PAYLOAD = { to: 1, base: 2, offset: 3, length: 4 } as const;
const NETWORK_HEADER = 1;
const BITWISE = { from: 1, to: 2, length: 3, mask: 4, xor: 5 } as const;
const LOOKUP = { set: 1, from: 2 } as const;
const IMMEDIATE = { to: 1, data: 2 } as const;
const DATA = { value: 1, verdict: 2 } as const;
const VERDICT = { code: 1, chain: 2 } as const;
/** Codes of verdicts (NFT_JUMP, NFT_RETURN), as numbers without a sign. */
const CODE = { jump: -3 >>> 0, return: -5 >>> 0 } as const;
/** The register of verdicts, and the first of 16 bytes. */
const REGISTER = { verdict: 0, value: 1 } as const;
/** NFPROTO_IPV4, NFPROTO_IPV6. */
const PROTOCOL = { 4: 2, 6: 10 } as const;
/** Where the addresses stand in the header (RFC 791, RFC 8200). */
const OFFSET = { 4: { saddr: 12, daddr: 16 }, 6: { saddr: 8, daddr: 24 } } as const;

/** A set that must be new; `id` tells it from others of the batch. */
export function writeSet(writer: MessageWriter, table: string, set: ElementSet, id: number): void {
  const type = (SUBSYSTEM.nftables << 8) | MESSAGE.newSet;
  writer.begin(type, FLAG.create | FLAG.exclusive | FLAG.ack, INET);
  writer.text(SET.table, table);
  writer.text(SET.name, set.name);
  writer.u32(SET.flags, SET_TIMEOUT);
  writer.u32(SET.keyType, KEY_TYPE[set.version]);
  writer.u32(SET.keyLength, bitsOf(set.version) / 8);
  writer.u32(SET.id, id);
  writer.raw(SET.userData, KEY_ORDER);
  writer.end();
}

/** A rule that asks a set, in front of those that its chain has. */
export function writeLookup(writer: MessageWriter, table: string, { chain, set, end, to }: Lookup): void {
  const { version, name, length } = set;
  const bytes = bitsOf(version) / 8;
  const expression = (kind: string, fill: () => void): void => {
    const element = writer.open(EXPRESSION.element);
    writer.text(EXPRESSION.name, kind);
    nested(writer, EXPRESSION.data, fill);
    writer.close(element);
  };
  writer.begin((SUBSYSTEM.nftables << 8) | MESSAGE.newRule, FLAG.create | FLAG.ack, INET);
  writer.text(RULE.table, table);
  writer.text(RULE.chain, chain);
  nested(writer, RULE.expressions, () => {
    expression('meta', () => {
      writer.u32(META.to, REGISTER.value);
      writer.u32(META.key, META_PROTOCOL);
    });
    expression('cmp', () => {
      writer.u32(COMPARE.from, REGISTER.value);
      writer.u32(COMPARE.operation, EQUAL);
      nested(writer, COMPARE.data, () => writer.raw(DATA.value, Uint8Array.of(PROTOCOL[version])));
    });
    expression('payload', () => {
      writer.u32(PAYLOAD.to, REGISTER.value);
      writer.u32(PAYLOAD.base, NETWORK_HEADER);
      writer.u32(PAYLOAD.offset, OFFSET[version][end]);
      writer.u32(PAYLOAD.length, bytes);
    });
    const mask = length === undefined ? undefined : parsePrefix(`${allOnes(version)}/${length}`);
    if (mask !== undefined && length !== bitsOf(version)) {
      expression('bitwise', () => {
        writer.u32(BITWISE.from, REGISTER.value);
        writer.u32(BITWISE.to, REGISTER.value);
        writer.u32(BITWISE.length, bytes);
        nested(writer, BITWISE.mask, () => writer.address(DATA.value, version, mask.words));
        nested(writer, BITWISE.xor, () => writer.address(DATA.value, version, [0, 0, 0, 0]));
      });
    }
    expression('lookup', () => {
      writer.text(LOOKUP.set, name);
      writer.u32(LOOKUP.from, REGISTER.value);
    });
    expression('immediate', () => {
      writer.u32(IMMEDIATE.to, REGISTER.verdict);
      nested(writer, IMMEDIATE.data, () =>
        nested(writer, DATA.verdict, () => {
          writer.u32(VERDICT.code, to === undefined ? CODE.return : CODE.jump);
          if (to !== undefined) writer.text(VERDICT.chain, to);
        }),
      );
    });
  });
  writer.end();
}

function nested(writer: MessageWriter, type: number, fill: () => void): void {
  const at = writer.open(type);
  fill();
  writer.close(at);
}
