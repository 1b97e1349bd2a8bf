import { SMALLEST_MAX_FRAME, SpopError, STATUS } from './protocol.ts';
import type { SpopReader } from './reader.ts';

/** What HAProxy said of itself (3.2.4). */
export interface Hello {
  readonly maxFrameSize: number;
  readonly capabilities: readonly string[];
  /** The connection is only there to see whether the agent lives. */
  readonly healthcheck: boolean;
  /** Empty without. */
  readonly engineId: string;
}

/** Reads the payload of a HAPROXY-HELLO. Throws a {@link SpopError} with the status that the protocol has for it. */
export function readHello(reader: SpopReader): Hello {
  let versions: string | undefined;
  let maxFrameSize: number | undefined;
  let capabilities: string | undefined;
  let healthcheck = false;
  let engineId = '';
  while (!reader.isAtEnd) {
    const name = reader.string();
    if (name === 'supported-versions') versions = reader.text();
    else if (name === 'max-frame-size') maxFrameSize = reader.integer();
    else if (name === 'capabilities') capabilities = reader.text();
    else if (name === 'healthcheck') healthcheck = reader.boolean() ?? false;
    else if (name === 'engine-id') engineId = reader.textUpTo(64) ?? '';
    else reader.skip();
  }
  if (versions === undefined) throw new SpopError(STATUS.noVersion, 'no supported-versions in the HELLO');
  // HAProxy names the newest minor version of each major one that it speaks: any 2.x includes 2.0.
  if (!versions.split(',', 16).some((version) => version.trim().startsWith('2.'))) {
    throw new SpopError(STATUS.unsupportedVersion, 'the peer does not speak version 2 of SPOP');
  }
  if (maxFrameSize === undefined) {
    throw new SpopError(STATUS.noMaxFrameSize, 'no max-frame-size in the HELLO');
  }
  if (maxFrameSize < SMALLEST_MAX_FRAME) {
    throw new SpopError(STATUS.badMaxFrameSize, `a max-frame-size of less than ${SMALLEST_MAX_FRAME} bytes`);
  }
  if (capabilities === undefined) throw new SpopError(STATUS.noCapabilities, 'no capabilities in the HELLO');
  return {
    maxFrameSize,
    capabilities: capabilities.split(',', 16).map((name) => name.trim()),
    healthcheck,
    engineId,
  };
}
