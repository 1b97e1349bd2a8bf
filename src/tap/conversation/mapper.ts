import { PayloadMap } from '../flow/payload-map.ts';
import type { FlowTables } from '../flow/tables.ts';
import { FlowView } from '../flow/view.ts';
import type { PayloadSink } from '../host.ts';

/** Receives a flow with its map when the flow has ended. */
export type MapReceiver = (flow: FlowView, map: PayloadMap) => void;

/** Keeps for each live flow where its payload lies, and hands the map on when the flow ends. */
export class PayloadMapper implements PayloadSink {
  private readonly maps = new Map<number, PayloadMap>();
  private readonly view: FlowView;
  private readonly receive: MapReceiver;

  constructor(tables: FlowTables, receive: MapReceiver) {
    this.view = new FlowView(tables);
    this.receive = receive;
  }

  payload(w: number, direction: 0 | 1, _bytes: Uint8Array, start: number, end: number, origin: number): void {
    this.map(w).add(direction, origin, end - start);
  }

  missing(w: number, direction: 0 | 1, length: number): void {
    this.map(w).add(direction, -1, length);
  }

  ended(w: number): void {
    const map = this.maps.get(w);
    if (map === undefined) return;
    this.maps.delete(w);
    this.receive(this.view.at(w), map);
  }

  private map(w: number): PayloadMap {
    let map = this.maps.get(w);
    if (map === undefined) {
      map = new PayloadMap();
      this.maps.set(w, map);
    }
    return map;
  }
}

/** Gives payload to several sinks. */
export class PayloadSinks implements PayloadSink {
  private readonly sinks: readonly PayloadSink[];

  constructor(sinks: readonly PayloadSink[]) {
    this.sinks = sinks;
  }

  payload(w: number, direction: 0 | 1, bytes: Uint8Array, start: number, end: number, origin: number): void {
    for (const sink of this.sinks) sink.payload(w, direction, bytes, start, end, origin);
  }

  missing(w: number, direction: 0 | 1, length: number): void {
    for (const sink of this.sinks) sink.missing(w, direction, length);
  }

  ended(w: number): void {
    for (const sink of this.sinks) sink.ended(w);
  }
}
