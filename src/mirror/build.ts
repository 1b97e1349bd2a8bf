import { randomBytes } from 'node:crypto';
import { attached, attempt, hasIpv6, perform, performAll } from './kernel.ts';
import { MirrorError } from './mirror-error.ts';
import {
  inputName,
  placeFilters,
  planClsact,
  planFilters,
  planProbe,
  planSeals,
  planSwitchOn,
  planTarget,
} from './plan.ts';
import type { Classifier, MirrorRecord, MirrorRecords, SoftwareMirror, Target } from './record.ts';
import { type MirrorStatus, statusOf } from './status.ts';

/** The making of one mirror. Its record is always ahead of the kernel. */
export class Building {
  record: MirrorRecord & { readonly software: SoftwareMirror };
  private readonly records: MirrorRecords;
  private readonly notes: string[];

  constructor(
    records: MirrorRecords,
    record: MirrorRecord & { readonly software: SoftwareMirror },
    notes: string[],
  ) {
    this.records = records;
    this.record = record;
    this.notes = notes;
  }

  async build(source: string): Promise<MirrorStatus> {
    await this.makeTarget();
    const { target } = this.record.software;
    const classifier = await this.probe();
    await performAll(planSwitchOn(target));
    const place = placeFilters(source, await attached(source));
    const filters = {
      classifier,
      cookie: randomBytes(16).toString('hex'),
      ingress: place.ingress,
      egress: place.egress,
    };
    this.write({ ...this.record.software, clsact: place.clsact, filters });
    if (place.clsact) await this.addClsact(source);
    await performAll(planFilters(source, target.input, filters));
    const record: MirrorRecord = { ...this.record, phase: 'started' };
    const found = await statusOf(record);
    if (found.state === 'broken') {
      throw new MirrorError(`the mirror did not come into being: ${found.missing.join(', ')}`);
    }
    this.records.write(record);
    return found;
  }

  private write(software: SoftwareMirror): void {
    this.record = { ...this.record, software };
    this.records.write(this.record);
  }

  /** A dummy where the kernel has it, else a veth pair. */
  private async makeTarget(): Promise<void> {
    const sysctl = { ipv6: hasIpv6() };
    const { software } = this.record;
    this.write(software);
    let { create, quieten } = planTarget(software.target, sysctl);
    if (!(await attempt([create]))) {
      const target: Target = {
        ...software.target,
        kind: 'veth',
        input: inputName(software.target.name),
        inputAddress: randomAddress(),
      };
      this.write({ ...software, target });
      ({ create, quieten } = planTarget(target, sysctl));
      await perform(create);
    }
    await performAll(quieten);
  }

  /** Finds out on the target which classifier the kernel has, and closes the target's way into the machine. */
  private async probe(): Promise<Classifier> {
    const { target } = this.record.software;
    await performAll([planClsact(target.name)]);
    const classifier = (await attempt(planProbe(target, 'matchall'))) ? 'matchall' : 'u32';
    if (classifier === 'u32') await performAll(planProbe(target, 'u32'));
    if (target.kind === 'dummy') {
      // What is sent into a dummy ends there.
      await perform({ program: 'tc', args: ['qdisc', 'del', 'dev', target.name, 'clsact'] });
      return classifier;
    }
    for (const seal of planSeals(target, classifier)) {
      if (await attempt([seal])) return classifier;
    }
    this.notes.push(
      `the kernel has neither the tc action 'drop' nor the classifier 'bpf': mirrored broadcasts also reach programs of this machine`,
    );
    return classifier;
  }

  private async addClsact(source: string): Promise<void> {
    try {
      await perform(planClsact(source));
    } catch (error) {
      // Not there, or somebody else was faster: it is not ours to remove.
      this.write({ ...this.record.software, clsact: false });
      throw error;
    }
  }
}

/** A hardware address of our own making: unicast, locally administered. */
export function randomAddress(): string {
  return `02:${randomBytes(5).toString('hex').match(/../g)?.join(':')}`;
}
