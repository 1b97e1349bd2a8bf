import type { Filter } from './capture/filter/index.ts';
import type { Batch } from './capture/index.ts';
import type { Engine } from './engine.ts';
import { Decoder, type DecoderOptions, type Packet, type PacketSink } from './packet/index.ts';

/** Takes the frames that a filter lets through, as they lie in their batch. */
export interface FrameSink {
  writeFrom(batch: Batch, index: number): void;
}

/** What a sensor is made of besides its engine. */
export interface SensorOptions {
  readonly decoder: DecoderOptions;
  /** Only frames that match are looked at; undefined: all. */
  readonly filter?: Filter | undefined;
  /** Gets a copy of each frame that is looked at. */
  readonly frames?: FrameSink | undefined;
}

/** Batches in: decodes each frame, filters, and gives the packets to the engine. */
export class Sensor {
  readonly decoder: Decoder;
  /** Frames seen, and those that the filter let through. */
  frames = 0;
  matched = 0;
  private readonly engine: Engine;
  private readonly gate: Gate | undefined;
  private readonly sink: FrameSink | undefined;

  constructor(engine: Engine, options: SensorOptions) {
    this.engine = engine;
    this.sink = options.frames;
    this.gate = options.filter === undefined ? undefined : new Gate(options.filter, engine);
    this.decoder = new Decoder(this.gate ?? engine, options.decoder);
  }

  /** All packets of a batch. */
  batch(batch: Batch): void {
    const { decoder, gate, sink } = this;
    let number = this.frames;
    for (let i = batch.first; i < batch.end; i++) {
      decoder.decode(batch, i, ++number);
      if (gate !== undefined && !gate.open) continue;
      this.matched++;
      sink?.writeFrom(batch, i);
    }
    this.frames = number;
    this.engine.settle();
  }

  /** The end of the captures: all flows end. */
  end(): void {
    this.engine.end();
  }
}

/** Lets the layers of a frame pass when the frame itself matches. */
class Gate implements PacketSink {
  open = false;
  private readonly filter: Filter;
  private readonly next: PacketSink;

  constructor(filter: Filter, next: PacketSink) {
    this.filter = filter;
    this.next = next;
  }

  packet(packet: Packet): void {
    if (packet.layer === 0) this.open = this.filter.matches(packet);
    if (this.open) this.next.packet(packet);
  }
}
