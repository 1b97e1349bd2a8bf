import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VISITORS = 300;
const WORDS =
  'amber basket candle dinner evening forest garden harbour island journey kitchen lantern market number ocean paper quarter river silver table under valley winter yellow zebra chair green order delivery address'.split(
    ' ',
  );
const BETWEEN = '\0';

/**
 * Requests of a shop's visitors, for wrk: a search with eleven arguments and ten header fields as a browser sends them.
 * A visitor keeps the same browser and session, as visitors do; what they look for differs from request to request, and
 * no request comes twice.
 */
export class Visits {
  /** The script that makes wrk send them. */
  readonly script: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'weir-visits-'));

  /** `count`: how many there are before the first comes again. */
  constructor(count: number) {
    const draw = new Draw(1);
    const visitors = Array.from({ length: VISITORS }, () => visitor(draw));
    const requests = Array.from({ length: count }, () => visit(draw, draw.of(visitors)));
    const path = join(this.folder, 'requests');
    writeFileSync(path, requests.join(BETWEEN));
    this.script = join(this.folder, 'visits.lua');
    writeFileSync(this.script, LUA);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const LUA = `local path = debug.getinfo(1, "S").source:sub(2):gsub("visits.lua$", "requests")
local requests = {}
for request in io.open(path, "rb"):read("a"):gmatch("[^%z]+") do requests[#requests + 1] = request end
local at = 0
request = function()
  at = at % #requests + 1
  return requests[at]
end
`;

/** Draws that are the same in every run (mulberry32). */
class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  number(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.number(choices.length)] as T;
  }
}

/** Fields of a visitor that stay the same from request to request. */
function visitor(draw: Draw): readonly string[] {
  const version = 100 + draw.number(40);
  const system = draw.of([
    'X11; Linux x86_64',
    'Windows NT 10.0; Win64; x64',
    'Macintosh; Intel Mac OS X 10.15',
  ]);
  const session = Array.from({ length: 32 }, () => draw.number(16).toString(16)).join('');
  return [
    'Host: shop.example',
    `User-Agent: Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`,
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    `Accept-Language: ${draw.of(['en-GB,en;q=0.5', 'de,en-US;q=0.7,en;q=0.3', 'fr,fr-FR;q=0.8,en;q=0.3'])}`,
    'Accept-Encoding: gzip, deflate',
    `Cookie: session=${session}; theme=${draw.of(['light', 'dark'])}`,
    'Cache-Control: max-age=0',
    'Upgrade-Insecure-Requests: 1',
    'DNT: 1',
  ];
}

function visit(draw: Draw, fields: readonly string[]): string {
  const query = [
    `q=${draw.of(WORDS)}+${draw.of(WORDS)}+${draw.number(1000)}`,
    `page=${1 + draw.number(30)}`,
    'sort=price',
    `order=${draw.of(['asc', 'desc'])}`,
    `min=${draw.number(1000)}`,
    `max=${1000 + draw.number(1000)}`,
    `colour=${draw.of(['green', 'red', 'blue', 'white'])}`,
    `brand=${draw.of(WORDS)}`,
    'stock=1',
    'lang=en',
    `view=${draw.of(['grid', 'list'])}`,
  ].join('&');
  const referer = `Referer: http://shop.example/item/${draw.number(100_000)}`;
  return [`GET /search?${query} HTTP/1.1`, ...fields, referer, '', ''].join('\r\n');
}
