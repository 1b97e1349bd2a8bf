/** The guard of a mirror: takes it away when the supervisor ends, however that comes about. */

import { guardMirrorsOf, stopMirrorsOf } from '../../mirror/index.ts';
import { MIRROR_GUARD } from '../messages.ts';
import { type Beginning, runProcess, type Work } from './member.ts';

async function begin({ run: { maker } }: Beginning): Promise<Work> {
  if (maker === undefined) throw new Error('nobody is named whose mirrors are to be guarded');
  const sources = await guardMirrorsOf(maker);
  return {
    reload: async () => [],
    answer: async (question) => (question === 'status' ? { sources } : undefined),
    // Of a supervisor that was killed too: its end of the channel closes with it.
    drain: async () => {
      for (const note of (await stopMirrorsOf(maker)).notes) process.stderr.write(`weir: ${note}\n`);
    },
  };
}

runProcess(MIRROR_GUARD, begin);
