import {
  type ApiRequest,
  ControlError,
  controlFolder,
  detailOf,
  jsonOf,
  putToApi,
} from '../control/index.ts';

/**
 * Asks the API over its socket. Resolves to what it says, undefined where it says nothing. Rejects with a
 * {@link ControlError}.
 *
 * @param configured `control.folder` of the configuration
 */
export async function askApi(configured: string, request: ApiRequest): Promise<unknown> {
  const folder = controlFolder(configured);
  const answer = await putToApi(folder, request);
  if (answer === undefined) {
    throw new ControlError(
      `weir is not running, or without its API (nobody answers at ${folder}/api.sock)`,
      'absent',
    );
  }
  const { status, text } = answer;
  if (status < 300) return jsonOf(text);
  throw new ControlError(detailOf(text) || `${folder}/api.sock: refused (${status})`, 'failed');
}
