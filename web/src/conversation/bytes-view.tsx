import { useMemo, useState } from 'react';
import { formatBytes } from '../data/format.ts';
import { Button } from '../design/index.ts';
import { hexLines, octetsOf } from './hex-lines.ts';

/** As what bytes are shown. */
export type BytesMode = 'text' | 'hex';

/** Shown at first: a page with megabytes of text is slow in every browser. */
const FIRST = 4_096;
const STEP = 65_536;

/** What BytesView takes. */
export interface BytesViewProps {
  readonly mode: BytesMode;
  readonly text: string;
  readonly base64: string;
  /** Position of the first byte, for the hex dump. */
  readonly offset: number;
}

/** Bytes as text or as a hex dump; of many only the first, with a button for more. */
export function BytesView({ mode, text, base64, offset }: BytesViewProps) {
  const [most, setMost] = useState(FIRST);
  const octets = useMemo(() => (mode === 'hex' ? octetsOf(base64) : undefined), [mode, base64]);
  const length = octets?.length ?? text.length;
  return (
    <>
      {octets === undefined ? (
        <pre className="said-text">{text.slice(0, most)}</pre>
      ) : (
        <pre className="said-hex">
          {hexLines(octets.subarray(0, most), offset).map((line) => (
            <span key={line.offset} className="said-line">
              <span className="said-offset">{line.offset}</span>
              {`  ${line.digits}  `}
              <span className="said-characters">{line.characters}</span>
              {'\n'}
            </span>
          ))}
        </pre>
      )}
      {length > most && (
        <Button small onClick={() => setMost(most + STEP)}>
          More of this: {formatBytes(length - most)} left
        </Button>
      )}
    </>
  );
}
