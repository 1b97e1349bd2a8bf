import { type Instruction, OUTGOING, PACKET_TYPE } from './program.ts';

const LOAD = 0x00;
const LOAD_WORD = 0x40;
const LOAD_HALF = 0x48;
const LOAD_BYTE = 0x50;
const LOAD_ANCILLARY = 0x20;
const LOAD_KEPT = 0x60;
const X_KEPT = 0x61;
const KEEP = 0x02;
const KEEP_X = 0x03;
const TO_X = 0x07;
const FROM_X = 0x87;
const ADD = 0x04;
const ADD_X = 0x0c;
const XOR_X = 0xac;
const AND = 0x54;
const SHIFT_LEFT = 0x64;
const SHIFT_RIGHT = 0x74;
const MULTIPLY = 0x24;
const JUMP = 0x05;
const EQUAL = 0x15;
const ANY_BIT = 0x45;
const RETURN_A = 0x16;

/** SKF_AD_PROTOCOL (linux/filter.h): the type of the frame. */
const FRAME_TYPE = 0xfffff000;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TAGS = [0x8100, 0x88a8, 0x9100];
const PPPOE = 0x8864;
const PPP_IPV4 = 0x21;
const PPP_IPV6 = 0x57;
/** Tags in a frame that are passed over. */
const MOST_TAGS = 2;
/** More fragments, and where one lies (RFC 791). */
const FRAGMENT = 0x3fff;
/** TCP, UDP, DCCP, SCTP and UDP-Lite, whose headers begin with two ports. */
const WITH_PORTS = [6, 17, 33, 132, 136];
/** Knuth's multiplier: neighbouring addresses come to different sockets. */
const SPREAD = 0x9e3779b1;

/** Where the program keeps the type of what follows, the hash so far, and where the header at hand begins. */
const TYPE = 0;
const HASH = 1;
const PLACE = 2;

/**
 * The program that shares packets out among the rings of a group (PACKET_FANOUT_CBPF): the kernel takes what it returns
 * modulo the number of rings. Both directions of a flow come to the same one: of IPv4 by addresses and ports, of IPv6 by
 * addresses alone, for there the kernel puts no fragments together, and those after the first have no ports. What is
 * neither goes to the first.
 *
 * A frame that arrives begins behind its link header here, one that is sent before it. `linkBytes`: of that header.
 */
export function fanoutProgram(linkBytes: number): readonly Instruction[] {
  const code = new Code();
  code.add(LOAD_ANCILLARY, PACKET_TYPE);
  code.jump(EQUAL, OUTGOING, 'sent', 'arrived');
  code.label('sent').add(LOAD, linkBytes);
  code.jump(JUMP, 0, 'begin');
  code.label('arrived').add(LOAD, 0);
  code.label('begin').add(TO_X, 0).add(KEEP_X, PLACE);
  code.add(LOAD, 0).add(KEEP, HASH);
  code.add(LOAD_ANCILLARY, FRAME_TYPE).add(KEEP, TYPE);
  for (let tag = 0; tag < MOST_TAGS; tag++) {
    for (const type of TAGS) code.jump(EQUAL, type, `tag-${tag}`);
    code.jump(JUMP, 0, 'untagged');
    code.label(`tag-${tag}`).add(LOAD_HALF, 2).add(KEEP, TYPE);
    code.forward(4).add(LOAD_KEPT, TYPE);
  }
  code.label('untagged');
  code.jump(EQUAL, IPV4, 'ipv4').jump(EQUAL, IPV6, 'ipv6').jump(EQUAL, PPPOE, 'pppoe', 'end');
  code.label('pppoe').add(LOAD_HALF, 6).add(KEEP, TYPE);
  code.forward(8).add(LOAD_KEPT, TYPE);
  code.jump(EQUAL, PPP_IPV4, 'ipv4').jump(EQUAL, PPP_IPV6, 'ipv6', 'end');

  code.label('ipv6');
  for (let at = 8; at < 40; at += 4) code.mix(LOAD_WORD, at);
  code.jump(JUMP, 0, 'end');

  code.label('ipv4').mix(LOAD_WORD, 12).mix(LOAD_WORD, 16);
  code.add(LOAD_HALF, 6).jump(ANY_BIT, FRAGMENT, 'end').add(LOAD_BYTE, 9);
  for (const protocol of WITH_PORTS) code.jump(EQUAL, protocol, 'ports');
  code.jump(JUMP, 0, 'end');
  code
    .label('ports')
    .add(LOAD_BYTE, 0)
    .add(AND, 0xf)
    .add(SHIFT_LEFT, 2)
    .add(ADD_X, 0)
    .add(TO_X, 0)
    .add(KEEP_X, PLACE);
  code.mix(LOAD_HALF, 0).mix(LOAD_HALF, 2);

  code.label('end').add(LOAD_KEPT, HASH).add(MULTIPLY, SPREAD).add(SHIFT_RIGHT, 16).add(RETURN_A, 0);
  return code.finish();
}

/** Instructions with names for where a jump goes. */
class Code {
  private readonly instructions: {
    code: number;
    k: number;
    yes?: string | undefined;
    no?: string | undefined;
  }[] = [];
  private readonly labels = new Map<string, number>();

  add(code: number, k: number): this {
    this.instructions.push({ code, k });
    return this;
  }

  /** Without `no` the next instruction follows where the condition does not hold. */
  jump(code: number, k: number, yes: string, no?: string): this {
    this.instructions.push({ code, k, yes, no });
    return this;
  }

  label(name: string): this {
    this.labels.set(name, this.instructions.length);
    return this;
  }

  /** Goes to the header that begins so many bytes behind this one. */
  forward(bytes: number): this {
    return this.add(FROM_X, 0).add(ADD, bytes).add(TO_X, 0).add(KEEP_X, PLACE);
  }

  /** Mixes a part of the header into the hash, such that the order of two parts does not matter. */
  mix(load: number, at: number): this {
    return this.add(load, at).add(X_KEPT, HASH).add(XOR_X, 0).add(KEEP, HASH).add(X_KEPT, PLACE);
  }

  finish(): readonly Instruction[] {
    return this.instructions.map(({ code, k, yes, no }, index) => {
      const distance = (name: string | undefined): number =>
        name === undefined ? 0 : this.labels.get(name)! - index - 1;
      if (code === JUMP) return { code, jt: 0, jf: 0, k: distance(yes) };
      return { code, jt: distance(yes), jf: distance(no), k };
    });
  }
}
