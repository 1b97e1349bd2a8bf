import { LineWriter, makeFolder } from '../output/index.ts';
import { indexFileLine, indexFlowLine } from '../tap/conversation/index-file.ts';
import { PayloadMapper, PayloadSinks } from '../tap/conversation/mapper.ts';
import { ConversationWriter } from '../tap/conversation/writer.ts';
import type { FlowTables } from '../tap/flow/tables.ts';
import type { PayloadSink } from '../tap/host.ts';

/** The outputs that take payload: conversations as files, and the index of where payload lies. */
export class PayloadOutputs {
  private readonly index: LineWriter | undefined;
  private readonly folder: string | undefined;
  readonly create: (tables: FlowTables) => PayloadSink;

  constructor(folder: string | undefined, index: string | undefined) {
    this.folder = folder;
    if (folder !== undefined) makeFolder(folder);
    this.index = index === undefined ? undefined : new LineWriter(index);
    this.create = (tables) => this.sinks(tables);
  }

  /** `files` are those of the capture sequence, for the index. */
  close(files: readonly { readonly number: number; readonly path: string }[]): void {
    for (const { number, path } of files) this.index?.write(indexFileLine(number, path));
    this.index?.close();
  }

  private sinks(tables: FlowTables): PayloadSink {
    const sinks: PayloadSink[] = [];
    if (this.folder !== undefined) sinks.push(new ConversationWriter(this.folder, tables));
    const { index } = this;
    if (index !== undefined) {
      sinks.push(new PayloadMapper(tables, (flow, map) => index.write(indexFlowLine(flow, map))));
    }
    return sinks.length === 1 ? sinks[0]! : new PayloadSinks(sinks);
  }
}
