import type { FlowAnswer, Selection, SeriesPoint, Subject, TopAnswer, TopList } from '../store/index.ts';
import { askSupervisor, ControlError } from './control-socket.ts';
import { isLanPicture, type LanPicture } from './lan-picture.ts';
import { FLOW_FIELDS, isOpenFlowList, type OpenFlowList } from './open-flow.ts';
import type { Question } from './question.ts';
import { fields, list, number, type Shape, text } from './shape.ts';
import { isSystemStatus, type SystemStatus } from './status.ts';

/** Asks the weir that runs as one asks its store; every answer is checked. Errors are {@link ControlError}s. */
export class RunningWeir {
  private readonly folder: string;

  /** `folder`: that of its control socket. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** How it is. */
  status(): Promise<SystemStatus> {
    return this.ask({ ask: 'status' }, isSystemStatus);
  }

  /** Flows of its history, the newest first; `limit` is 1 to 10,000. */
  flows(selection: Selection, limit: number): Promise<readonly FlowAnswer[]> {
    return this.ask({ ask: 'flows', selection, limit }, list(flow));
  }

  /** Flows that are open, those that carry the most at the moment first; `limit` is 0 to 10,000. */
  open(selection: Selection, limit: number): Promise<OpenFlowList> {
    return this.ask({ ask: 'open', selection, limit }, isOpenFlowList);
  }

  /** The most of its history; `limit` is 1 to 10,000. */
  top(
    subject: Subject,
    selection: Selection,
    { by = 'bytes', limit = 10 }: { readonly by?: 'bytes' | 'flows'; readonly limit?: number },
  ): Promise<TopList> {
    return this.ask({ ask: 'top', subject, selection, by, limit }, topList);
  }

  /** Traffic of its history by interval. */
  series(intervalSeconds: number, selection: Selection): Promise<readonly SeriesPoint[]> {
    return this.ask({ ask: 'series', intervalSeconds, selection }, list(point));
  }

  /** Its view of the local network; `top`: the most entries of each client's lists, undefined: all. */
  lan(top?: number): Promise<LanPicture> {
    return this.ask(top === undefined ? { ask: 'lan' } : { ask: 'lan', top }, isLanPicture);
  }

  private async ask<T>(question: Question, shape: Shape<T>): Promise<T> {
    const value = await askSupervisor(this.folder, question);
    if (shape(value)) return value;
    throw new ControlError(
      `${this.folder}: the answer has another form than this weir knows: is another version running?`,
    );
  }
}

const flow = fields<FlowAnswer>(FLOW_FIELDS);

const topList = fields<TopList>({
  rows: list(
    fields<TopAnswer>({
      key: text,
      name: text,
      bytesToServer: number,
      bytesToClient: number,
      packets: number,
      flows: number,
      clients: number,
      firstUs: number,
      lastUs: number,
    }),
  ),
  totalBytes: number,
  totalFlows: number,
});

const point = fields<SeriesPoint>({
  timeUs: number,
  key: text,
  bytes: number,
  packets: number,
  flows: number,
});
