import { closeSync } from 'node:fs';
import type { BpfProgram, KernelAddon, XdpInterface } from '../../native/index.ts';

/** How the program runs on an interface. */
export type XdpMode = 'native' | 'generic' | 'hardware';

/** One interface that packets are dropped on. */
export interface Attachment {
  readonly interface: string;
  readonly mode: XdpMode;
  /** Why it is not native, in the words of the driver; empty where it is. */
  readonly reason: string;
}

// linux/if_link.h
const ATTACHED = { 1: 'native', 2: 'generic', 3: 'hardware' } as const;
const MODE_FLAG: Readonly<Record<XdpMode, number>> = { native: 4, generic: 2, hardware: 8 };
const IF_NONE = 1;
const REPLACE = 16;
const NOTHING = -1;

const EPERM = 1;
const EBUSY = 16;
const EEXIST = 17;

/** Something about one interface; the message names it. */
export class AttachmentError extends Error {}

/**
 * The places of one program, known by its name, on the interfaces of this network namespace. It is put there by netlink:
 * there it stays when this process ends in any way, no file system has to be mounted for it, and
 * `ip link set dev eth0 xdp off` takes it away. A later run finds it, and through it the maps, by the kernel's numbers.
 */
export class Attachments {
  private readonly addon: KernelAddon;
  private readonly program: string;
  /** Why an interface has not the native mode, from when it was put there by this process. */
  private readonly reasons = new Map<string, string>();
  /** The program of this process, which it knows without CAP_SYS_ADMIN; opening one by its number needs that. */
  private own: BpfProgram | undefined;
  private ownDescriptor = NOTHING;

  constructor(addon: KernelAddon, program: string) {
    this.addon = addon;
    this.program = program;
  }

  /** From now on this is what {@link put} puts on interfaces; the descriptor stays the caller's. */
  use(descriptor: number): void {
    this.own = this.addon.bpfDescribeProgram(descriptor);
    this.ownDescriptor = descriptor;
  }

  /** The descriptor is closed. */
  forget(): void {
    this.own = undefined;
    this.ownDescriptor = NOTHING;
  }

  /** Interfaces that the program is on, of this run or an earlier one. */
  ours(): readonly XdpInterface[] {
    return this.addon
      .xdpInterfaces()
      .filter((link) => link.program !== 0 && this.describe(link)?.name === this.program);
  }

  /** Numbers of the maps that the program uses on an interface. */
  maps(link: XdpInterface): readonly number[] {
    return this.describe(link)?.maps ?? [];
  }

  /**
   * Puts the program on an interface in place of an earlier one of the same name: in the driver where that can, generic
   * otherwise. Throws an {@link AttachmentError} where there is no such interface, or somebody else's program is on it.
   */
  put(name: string): Attachment {
    const link = this.addon.xdpInterfaces().find((candidate) => candidate.name === name);
    if (link === undefined) {
      throw new AttachmentError(
        `there is no interface ${name} in this network namespace (ip link shows them)`,
      );
    }
    if (link.program === 0) this.putNew(link);
    else if (link.program !== this.own?.id) this.replace(link);
    const now = this.addon.xdpInterfaces().find(({ index }) => index === link.index);
    const mode = modeOf(now ?? link);
    return { interface: name, mode, reason: mode === 'native' ? '' : (this.reasons.get(name) ?? '') };
  }

  /** Takes the program off an interface of {@link ours}; nothing else, also when that has come in between. */
  remove(link: XdpInterface): void {
    const mine = link.program === this.own?.id;
    const there = mine ? this.ownDescriptor : this.addon.bpfOpenProgram(link.program);
    if (there === undefined) return;
    try {
      this.addon.xdpAttach(link.index, NOTHING, REPLACE | MODE_FLAG[modeOf(link)], there);
    } catch (error) {
      // The interface went, or has another program by now: ours is not on it.
      if (!this.ours().some(({ index, program }) => index === link.index && program === link.program)) return;
      throw new AttachmentError(`the XDP program cannot be taken off ${link.name}: ${text(error)}`);
    } finally {
      if (!mine) closeSync(there);
    }
  }

  private replace(link: XdpInterface): void {
    const there = this.describe(link);
    if (there?.name !== this.program) throw taken(link, there?.name ?? '');
    const expected = this.addon.bpfOpenProgram(link.program);
    if (expected === undefined) throw new AttachmentError(`the XDP program on ${link.name} just changed`);
    try {
      this.addon.xdpAttach(link.index, this.ownDescriptor, REPLACE | MODE_FLAG[modeOf(link)], expected);
    } catch (error) {
      throw new AttachmentError(`the XDP program on ${link.name} cannot be replaced: ${text(error)}`);
    } finally {
      closeSync(expected);
    }
  }

  private putNew(link: XdpInterface): void {
    try {
      this.addon.xdpAttach(link.index, this.ownDescriptor, IF_NONE | MODE_FLAG.native, NOTHING);
      this.reasons.delete(link.name);
      return;
    } catch (error) {
      const number = errnoOf(error);
      if (number === EBUSY || number === EEXIST) throw taken(link, '');
      if (number === EPERM) throw new AttachmentError(`XDP on ${link.name} needs root (CAP_NET_ADMIN)`);
      this.reasons.set(link.name, text(error));
    }
    try {
      this.addon.xdpAttach(link.index, this.ownDescriptor, IF_NONE | MODE_FLAG.generic, NOTHING);
    } catch (error) {
      const reason = this.reasons.get(link.name);
      throw new AttachmentError(
        `XDP cannot be used on ${link.name}: native: ${reason}; generic: ${text(error)}`,
      );
    }
  }

  /** The program on an interface; undefined where it has just gone. */
  private describe(link: XdpInterface): BpfProgram | undefined {
    if (link.program === this.own?.id) return this.own;
    let descriptor: number | undefined;
    try {
      descriptor = this.addon.bpfOpenProgram(link.program);
    } catch (error) {
      if (errnoOf(error) !== EPERM) throw error;
      throw new AttachmentError(
        `whose XDP program ${link.program} on ${link.name} is cannot be told without CAP_SYS_ADMIN`,
      );
    }
    if (descriptor === undefined) return undefined;
    try {
      return this.addon.bpfDescribeProgram(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function modeOf(link: XdpInterface): XdpMode {
  return ATTACHED[link.mode as keyof typeof ATTACHED] ?? 'native';
}

function taken(link: XdpInterface, name: string): AttachmentError {
  const whose = `${name === '' ? '' : ` ${name}`}${link.program === 0 ? '' : ` (number ${link.program})`}`;
  return new AttachmentError(
    `${link.name} has the XDP program${whose} of somebody else, which is left alone: take it off by ` +
      `"ip link set dev ${link.name} xdp off", or leave ${link.name} out of the interfaces for XDP`,
  );
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a system call failed with; 0 where the error is none of that kind. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
}
