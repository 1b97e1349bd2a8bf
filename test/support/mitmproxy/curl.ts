import { execFile } from 'node:child_process';

/** What curl got. */
export interface Curled {
  /** curl's own exit code: 52 where the server closed without a word. */
  readonly code: number;
  readonly status: number;
  /** In lower case, the last of each name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** `1.1`, `2`. */
  readonly version: string;
}

/** Asks for one URL. */
export function curl(...args: readonly string[]): Promise<Curled> {
  const write = '%{stderr}\n%{http_code} %{http_version} %{header_json}';
  const all = ['-sS', '--max-time', '15', '-o', '-', '-w', write, ...args];
  return new Promise((resolve, reject) => {
    execFile('curl', all, { encoding: 'buffer', maxBuffer: 64 << 20 }, (error, body, stderr) => {
      const written = /\n(\d{3}) (\S+) (\{.*\})\s*$/s.exec(stderr.toString('latin1'));
      if (written === null) {
        reject(new Error(`curl: ${stderr.toString()}`));
        return;
      }
      const [, status, version = '', json = ''] = written;
      const fields = Object.entries(JSON.parse(json) as Record<string, readonly string[]>);
      const headers = Object.fromEntries(fields.map(([name, values]) => [name, values.at(-1) ?? '']));
      resolve({
        code: error === null ? 0 : Number(error.code),
        status: Number(status),
        headers,
        body,
        version,
      });
    });
  });
}
