import type { Configuration } from '../../config/index.ts';
import type { LanView } from '../../lan/index.ts';

/** The view of the local network as the configuration wants it; undefined where it wants none. */
export async function openLan({ lan }: Configuration): Promise<LanView | undefined> {
  if (!lan.enabled) return undefined;
  const { LanView: View } = await import('../../lan/index.ts');
  return new View({ networks: lan.networks, learn: true, retentionSeconds: lan.retentionMs / 1000 });
}
