import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import zlib from 'node:zlib';
import {
  kernelAddon,
  type Loaded,
  loadInjection,
  loadKernel,
  loadNdpi,
  loadRe2,
  packProgram,
} from '../native/index.ts';

/** One thing that weir can use, and whether it can here. */
export interface Capability {
  readonly name: string;
  /** `limited`: it works, with less than it could. */
  readonly state: 'ok' | 'limited' | 'missing';
  /** Version, or what is in the way. */
  readonly detail: string;
  /** What it is good for. */
  readonly brings: string;
  /** The command that brings it; empty where nothing is missing. */
  readonly remedy: string;
}

/** Oldest major version of Node that runs weir. */
const NODE_MAJOR = 24;
/** Open files with which a folder of rotated captures and its outputs can be worked on. */
const ENOUGH_FILES = 1024;
const BUILD = 'setup/addon.sh';

/** Looks at everything that differs from machine to machine. Takes some 50 ms; changes nothing. */
export function probeCapabilities(): Capability[] {
  return [
    node(),
    addon(),
    mapping(),
    filters(),
    live(),
    ndpi(),
    re2(),
    injection(),
    history(),
    zstd(),
    openFiles(),
    program('tcpdump'),
    program('tshark'),
  ];
}

function capability(
  name: string,
  brings: string,
  state: Capability['state'],
  detail: string,
  remedy = '',
): Capability {
  return { name, state, detail, brings, remedy: state === 'ok' ? '' : remedy };
}

function node(): Capability {
  const { node: version } = process.versions;
  const recent = Number.parseInt(version, 10) >= NODE_MAJOR;
  return capability('Node', 'runs weir', recent ? 'ok' : 'missing', version, 'make setup');
}

/** What is wrong with an addon. */
function trouble(loaded: Loaded<unknown>): string {
  if (loaded.state === 'absent') return 'not built';
  return loaded.state === 'failed' ? loaded.reason : '';
}

function addon(): Capability {
  const loaded = loadKernel();
  const brings = 'what only the kernel can give';
  if (loaded.state === 'ready') return capability('addon', brings, 'ok', 'build/weir.node');
  const remedy = `apt-get install gcc libc6-dev && ${BUILD}`;
  return capability('addon', brings, 'missing', trouble(loaded), remedy);
}

function mapping(): Capability {
  const brings = 'files without a copy, large pages for the flow table';
  const kernel = kernelAddon();
  if (kernel === undefined) return capability('mmap', brings, 'missing', 'needs the addon', BUILD);
  try {
    const file = openSync(import.meta.filename, 'r');
    try {
      const { mapped } = kernel.mapFile(file, 0, 1);
      if (mapped) return capability('mmap', brings, 'ok', 'without a copy');
    } finally {
      closeSync(file);
    }
    const detail = 'this Node refuses memory that is not its own: files are copied';
    return capability('mmap', brings, 'limited', detail, 'a Node that is built without the V8 sandbox');
  } catch (error) {
    return capability('mmap', brings, 'missing', messageOf(error));
  }
}

/** Accepts every frame: `ret #262144`. */
const ACCEPT_ALL = [{ code: 0x06, jt: 0, jf: 0, k: 262144 }];

function filters(): Capability {
  const brings = 'capture filters that run in the kernel';
  const kernel = kernelAddon();
  if (kernel === undefined) return capability('BPF', brings, 'missing', 'needs the addon', BUILD);
  try {
    const accepted = kernel.filterFrame(packProgram(ACCEPT_ALL), new Uint8Array(64));
    if (accepted === 64) return capability('BPF', brings, 'ok', 'classic, on sockets');
    return capability('BPF', brings, 'missing', 'the kernel did not run the program');
  } catch (error) {
    return capability('BPF', brings, 'missing', messageOf(error));
  }
}

/** Blocks and bytes of a ring that is opened only to see whether it can be. */
const TRIAL_BLOCKS = 2;
const TRIAL_BYTES = 1 << 16;
const TRIAL_RETIRE_MS = 10;
/** The system's number for what a user may not. */
const { EPERM } = system.errno;

function live(): Capability {
  const brings = 'packets of an interface (weir read -i, weir up)';
  const kernel = kernelAddon();
  if (kernel === undefined) return capability('live', brings, 'missing', 'needs the addon', BUILD);
  try {
    const program = packProgram(ACCEPT_ALL);
    const ring = new kernel.PacketRing('lo', TRIAL_BYTES, TRIAL_BLOCKS, TRIAL_RETIRE_MS, 0, program);
    const { mapped } = ring;
    ring.close();
    if (mapped) return capability('live', brings, 'ok', 'a ring without a copy');
    const detail = 'this Node refuses memory that is not its own: packets are copied';
    return capability('live', brings, 'limited', detail, 'a Node that is built without the V8 sandbox');
  } catch (error) {
    const denied = error instanceof Error && 'errno' in error && error.errno === EPERM;
    if (!denied) return capability('live', brings, 'missing', messageOf(error));
    return capability('live', brings, 'limited', 'not for this user', 'root or CAP_NET_RAW');
  }
}

function history(): Capability {
  const brings = 'a store of records (weir import, flows, top, up)';
  try {
    const { version } = createRequire(import.meta.url)('@duckdb/node-api/package.json') as {
      version: string;
    };
    return capability('DuckDB', brings, 'ok', version);
  } catch {
    return capability('DuckDB', brings, 'missing', 'its package is not installed', 'npm ci');
  }
}

function ndpi(): Capability {
  const brings = 'a second voice on what unrecognised flows carry';
  const loaded = loadNdpi();
  if (loaded.state === 'ready') return capability('nDPI', brings, 'ok', loaded.addon.version);
  const remedy = `apt-get install gcc libc6-dev libndpi-dev && ${BUILD}`;
  return capability('nDPI', brings, 'missing', trouble(loaded), remedy);
}

function re2(): Capability {
  const brings = 'regular expressions of WAF rules in linear time';
  const loaded = loadRe2();
  if (loaded.state === 'ready') return capability('RE2', brings, 'ok', 'build/weir-re2.node');
  const remedy = `apt-get install g++ libre2-dev && ${BUILD}`;
  const detail = `${trouble(loaded)}: long values of risky patterns are refused`;
  return capability('RE2', brings, 'missing', detail, remedy);
}

/** Loads libmodsecurity, as the first rule would that asks for libinjection. */
function injection(): Capability {
  const brings = 'WAF rules with @detectSQLi and @detectXSS';
  const loaded = loadInjection();
  if (loaded.state === 'ready') return capability('libinjection', brings, 'ok', 'in libmodsecurity.so.3');
  const remedy = loaded.state === 'absent' ? BUILD : 'apt-get install libmodsecurity3';
  const detail = `${trouble(loaded)}: those rules are left out`;
  return capability('libinjection', brings, 'missing', detail, remedy);
}

function zstd(): Capability {
  const brings = 'captures that end in .zst';
  if (typeof zlib.createZstdDecompress === 'function') {
    return capability('zstd', brings, 'ok', process.versions.zstd ?? 'in Node');
  }
  return capability('zstd', brings, 'missing', `Node ${process.versions.node} lacks it`, 'make setup');
}

function openFiles(): Capability {
  const brings = 'many captures and conversations at the same time';
  const limit = fileLimit();
  if (limit === undefined) return capability('open files', brings, 'ok', 'no limit is known');
  const state = limit >= ENOUGH_FILES ? 'ok' : 'limited';
  return capability('open files', brings, state, `at most ${limit}`, `ulimit -n ${ENOUGH_FILES}`);
}

/** The soft limit of open files; undefined where there is none or the system does not tell. */
function fileLimit(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return match?.[1] === undefined ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}

function program(name: string): Capability {
  const brings = 'a peer that the tests compare with';
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (path !== undefined) return capability(name, brings, 'ok', path);
  return capability(name, brings, 'missing', 'not installed', `apt-get install ${name}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
