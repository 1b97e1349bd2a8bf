import type { ApiConfiguration } from '../config/index.ts';
import type { RunningWeir } from '../control/index.ts';
import type { LiveFeed } from './live/feed.ts';
import type { KeptPackets } from './packets/kept-packets.ts';
import type { SecretReader } from './secret-file.ts';

/** What the API serves from: it holds no state of the system itself. */
export interface Backend {
  /** The system that is asked. */
  readonly weir: RunningWeir;
  /** Records as they come. */
  readonly feed: LiveFeed;
  /** The section `api`; a reload replaces it. */
  readonly configuration: () => ApiConfiguration;
  /** Folder of what must survive. */
  readonly folder: string;
  /** Where packets are kept that can be read again; undefined: nowhere. */
  readonly packets?: KeptPackets | undefined;
  /** Gives the secrets that the configuration names files of. */
  readonly secret: SecretReader;
  /** Who runs weir: besides root nobody else can open the socket. */
  readonly owner: string;
  /** Takes a line for who runs weir. */
  readonly report: (line: string) => void;
}
