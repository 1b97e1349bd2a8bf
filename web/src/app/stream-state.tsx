import { useLiveState, useStatus } from '../data/live.ts';
import type { LiveState } from '../data/live-connection.ts';
import { Badge } from '../design/badge.tsx';
import type { Tone } from '../design/class-names.ts';

const WORDS: Readonly<
  Record<LiveState, { readonly word: string; readonly tone: Tone; readonly title: string }>
> = {
  off: { word: 'paused', tone: 'neutral', title: 'The live stream rests while nobody looks' },
  connecting: { word: 'connecting', tone: 'notice', title: 'The live stream is being opened' },
  open: { word: 'live', tone: 'good', title: 'The live stream is open' },
  waiting: {
    word: 'offline',
    tone: 'warning',
    title: 'The live stream broke and is tried again. Is `weir up` running?',
  },
};

/** Says in the header whether what is shown is of now. */
export function StreamState() {
  // Whoever sees the shell listens: the figures of each second keep the connection open on every page.
  useStatus();
  const { word, tone, title } = WORDS[useLiveState()];
  return (
    <span className="stream-state" role="status">
      <Badge tone={tone} dot title={title}>
        {word}
      </Badge>
    </span>
  );
}
