/**
 * What the control connection knows of a data channel and the data channel finds out. The flow of the data gets it
 * as its hint; both sides write to it.
 */
export interface DataChannel {
  /** The transfer command, in upper case; undefined until it was sent. */
  command: string | undefined;
  /** The file's name as the client gave it; undefined for listings. */
  filename: string | undefined;
  /** True when the server connects to the client (PORT, EPRT). */
  readonly active: boolean;
  /** What the data flow found: identifier, content type and size of the file. */
  fileId: string | undefined;
  mime: string | undefined;
  size: number | undefined;
}

/** A channel for which no transfer was asked yet. */
export function newChannel(active: boolean): DataChannel {
  return {
    command: undefined,
    filename: undefined,
    active,
    fileId: undefined,
    mime: undefined,
    size: undefined,
  };
}

/** True for what {@link newChannel} makes: hints are of any shape to who receives them. */
export function isChannel(hint: unknown): hint is DataChannel {
  return (
    typeof hint === 'object' && hint !== null && 'active' in hint && 'filename' in hint && 'command' in hint
  );
}
