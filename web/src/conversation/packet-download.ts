import { ApiError, problemOf } from '../data/api-error.ts';
import { apiUrl, type Params } from '../data/client.ts';

/**
 * Saves packets as a file. Asks for a single one first: so what is wrong (they are not kept, the filter is not
 * understood) can be told, and the file itself goes past the page's memory.
 *
 * @throws {ApiError} where the server has none of them.
 */
export async function savePackets(path: string, params: Params = {}): Promise<void> {
  await tryPackets(path, params);
  const link = document.createElement('a');
  link.href = apiUrl(path, params);
  link.download = '';
  link.click();
}

/** Whether a pcapng file has a packet: an Enhanced or a Simple Packet Block (types 6 and 3), little-endian. */
export function hasPacket(file: ArrayBuffer): boolean {
  const view = new DataView(file);
  for (let at = 0; at + 12 <= view.byteLength; ) {
    const type = view.getUint32(at, true);
    if (type === 6 || type === 3) return true;
    at += Math.max(12, view.getUint32(at + 4, true));
  }
  return false;
}

/**
 * Asks for one packet. Resolves to whether there is one.
 *
 * @throws {ApiError} of every answer that is not a success, and with status 0 where there was none.
 */
export async function tryPackets(path: string, params: Params = {}): Promise<boolean> {
  let answer: Response;
  let found = false;
  try {
    answer = await fetch(apiUrl(path, { ...params, limit: 1 }), { credentials: 'same-origin' });
    if (answer.ok) found = hasPacket(await answer.arrayBuffer());
  } catch (error) {
    throw new ApiError(
      { title: 'No packets came', status: 0, detail: 'The server did not send them: is `weir up` running?' },
      error,
    );
  }
  if (answer.ok) return found;
  throw new ApiError(problemOf(answer.status, await answer.json().catch(() => undefined)));
}
