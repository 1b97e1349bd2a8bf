import { type MirrorOutcome, type MirrorView, QuestionError } from '../control/index.ts';
import { MirrorError, type MirrorStatus, mirrorStatus, startMirror, stopMirror } from '../mirror/index.ts';
import { defaultInterface } from './default-route.ts';

/** What is mirrored at present. Throws MirrorError. */
export async function mirrors(): Promise<MirrorOutcome> {
  return { mirrors: (await mirrorStatus()).map(viewOf), notes: [] };
}

/** Mirrors an interface in software, as `weir mirror start` does: it stays until it is stopped. */
export async function beginMirror(wanted: string): Promise<MirrorOutcome> {
  const source = wanted === '' ? defaultInterface() : wanted;
  if (source === undefined) throw new QuestionError('there is no default route: name the interface');
  const { notes } = await refusing(() => startMirror({ source, mode: 'software' }));
  return { ...(await mirrors()), notes };
}

/** Ends a mirror; empty: all of them. */
export async function endMirror(source: string): Promise<MirrorOutcome> {
  const { notes } = await refusing(() => stopMirror(source === '' ? undefined : source));
  return { ...(await mirrors()), notes };
}

async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof MirrorError) throw new QuestionError(error.message);
    throw error;
  }
}

function viewOf({ source, mode, capture, state, software }: MirrorStatus): MirrorView {
  const packets = software === undefined ? 0 : software.received.packets + software.sent.packets;
  return { source, mode, capture, whole: state === 'whole', packets };
}
