import { join } from 'node:path';
import type { Configuration } from '../config/index.ts';
import { controlFolder } from '../control/index.ts';

/** Where the correlator, the responder or the API keeps what must survive: beside the history, without one where the socket is. */
export function stateFolder(configuration: Configuration, of: 'correlation' | 'respond' | 'api'): string {
  const { store, control } = configuration;
  const { folder } = configuration[of];
  if (folder !== 'auto') return folder;
  return join(store.enabled ? store.folder : controlFolder(control.folder), of);
}
