import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/**
 * The rooms of src and the rooms that each may import (docs/architecture.md). `src/tap` by itself is the files that
 * lie directly in it. A file of another room in the list stands for that file alone.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'src/net': [],
  'src/native': [],
  'src/process': [],
  'src/event': ['src/net'],
  'src/tap/capture': ['src/net', 'src/process'],
  'src/tap/packet': ['src/net', 'src/tap/capture/batch.ts'],
  'src/tap/flow': ['src/net', 'src/event', 'src/tap/packet'],
  'src/tap/protocol': ['src/net', 'src/event'],
  'src/tap/file': ['src/net', 'src/event', 'src/tap/protocol/parser.ts'],
  'src/tap/conversation': ['src/net', 'src/event', 'src/tap/packet', 'src/tap/flow'],
  'src/tap': [
    'src/net',
    'src/event',
    'src/tap/capture',
    'src/tap/packet',
    'src/tap/flow',
    'src/tap/protocol',
    'src/tap/file',
    'src/tap/conversation',
  ],
  'src/output': ['src/net', 'src/event'],
  'src/query': ['src/net', 'src/config/nearest.ts', 'src/config/quantity.ts'],
  'src/store': ['src/net', 'src/event', 'src/query'],
  'src/lan': ['src/net', 'src/event'],
  'src/secubox': ['src/net', 'src/lan'],
  'src/mitm': ['src/net', 'src/event'],
  'src/correlate': ['src/net', 'src/event'],
  'src/respond': ['src/net', 'src/event'],
  'src/bus': [],
  'src/mirror': ['src/process'],
  'src/config': ['src/net', 'src/tap/capture'],
  'src/control': [
    'src/net',
    'src/event',
    'src/bus',
    'src/store',
    'src/lan',
    'src/mitm',
    'src/correlate',
    'src/respond',
  ],
  'src/api': [
    'src/net',
    'src/event',
    'src/config',
    'src/control',
    'src/query',
    'src/store',
    'src/tap',
    // Scenarios and rules that a user tries run in threads of the API: nothing that is live knows of them.
    'src/correlate/trial/index.ts',
    'src/mitm/waf/trial/index.ts',
  ],
  'src/supervisor': [
    'src/net',
    'src/event',
    'src/bus',
    'src/config',
    'src/control',
    'src/api',
    'src/mirror',
    'src/tap',
    'src/tap/capture',
    'src/output',
    'src/store',
    'src/lan',
    'src/secubox',
    'src/mitm',
    'src/correlate',
    'src/respond',
  ],
  'src/cli': [
    'src/net',
    'src/native',
    'src/process',
    'src/event',
    'src/tap',
    'src/tap/capture',
    'src/tap/packet',
    'src/tap/flow',
    'src/tap/protocol',
    'src/tap/file',
    'src/tap/conversation',
    'src/output',
    'src/store',
    'src/lan',
    'src/secubox',
    'src/config',
    'src/control',
    'src/supervisor',
    'src/mirror',
    'src/mitm',
    'src/correlate',
    'src/respond',
  ],
};

/** Imports against the arrows, each with its reason. `from` is a folder or a file. */
const EXCEPTIONS: readonly {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
  readonly reason: string;
}[] = [
  {
    from: 'src/tap/protocol/ndpi/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'the bridge to nDPI is the one part of protocol that is C',
  },
  {
    from: 'src/tap/capture/live/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'packets of an interface come out of a ring that only the kernel can give',
  },
  {
    from: 'src/mitm/waf/operator/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'libinjection is a C library, loaded when a rule asks for it',
  },
  {
    from: 'src/mitm/waf/pattern/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'RE2 is a C++ library: expressions that V8 could be stalled with run there',
  },
  {
    from: 'src/mitm/proxy/transparent.ts',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'only the kernel knows where a redirected connection wanted to go, and only C can ask it',
  },
  {
    from: 'src/respond/nftables/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'sets of the firewall are filled over a netlink socket, which only C can open',
  },
  {
    from: 'src/mitm/buffer/priority.ts',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'the scheduling class of a thread is set by system calls that only C can make',
  },
  {
    from: 'src/respond/xdp/',
    to: 'src/native/index.ts',
    typesOnly: false,
    reason: 'maps and programs in the kernel are reached by system calls that only C can make',
  },
  {
    from: 'src/tap/protocol/ndpi/voice.ts',
    to: 'src/tap/flow/record.ts',
    typesOnly: false,
    reason:
      'nDPI is asked about flows, not about payload: what it says is kept in two words of the flow record',
  },
  {
    from: 'src/tap/protocol/ndpi/voice.ts',
    to: 'src/tap/packet/packet.ts',
    typesOnly: true,
    reason: 'nDPI is shown whole packets',
  },
  {
    from: 'src/tap/conversation/',
    to: 'src/tap/host.ts',
    typesOnly: true,
    reason: 'conversations implement the interface that the engine offers to whoever takes the payload',
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

/** `import ... from '...'`, `export ... from '...'`, `import '...'` and `import('...')`. */
const STATEMENT = /(?:^(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]*?\sfrom\s+)?|\bimport\()'([^'\n]+)'/gm;

const IMPORTS = sources('src').flatMap(importsOf);

test('imports between the rooms follow the arrows', () => {
  const wrong = IMPORTS.filter((one) => !isAllowed(one) && !EXCEPTIONS.some((other) => covers(other, one)));
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test('every exception is still needed', () => {
  const idle = EXCEPTIONS.filter((exception) => !IMPORTS.some((one) => covers(exception, one)));
  assert.deepEqual(idle, []);
});

test('the arrows make no circle', () => {
  const open = new Map(Object.entries(ARROWS).map(([room, arrows]) => [room, new Set(arrows.map(roomOf))]));
  for (let left = open.size + 1; open.size > 0 && open.size < left; ) {
    left = open.size;
    for (const [room, arrows] of open) {
      if (![...arrows].some((other) => other !== room && open.has(other))) open.delete(room);
    }
  }
  assert.deepEqual([...open.keys()], []);
});

test('every folder of src is a room', () => {
  for (const { from, to } of IMPORTS) {
    for (const file of [from, to]) {
      if (file.startsWith('src/')) assert.ok(roomOf(file) in ARROWS, `${file} is in no room of ARROWS`);
    }
  }
});

/** Packages, and the rooms that may use them: what reads captures needs none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'src/event/schema/': ['typebox'],
  'src/api/': [
    'fastify',
    'typebox',
    'yaml',
    '@fastify/rate-limit',
    '@fastify/static',
    '@fastify/swagger',
    '@fastify/swagger-ui',
    'openid-client',
  ],
  'src/config/': ['typebox', 'yaml'],
  'src/store/': ['@duckdb/node-api'],
  'src/mitm/gateway/': ['yaml'],
  'src/mitm/waf/regression/': ['yaml'],
  'src/correlate/scenario/': ['yaml'],
  /** Values for property tests; no test itself, as several use them. */
  'src/correlate/reputation/testing.ts': ['fast-check'],
};

test('packages are used where they belong, and nothing that runs uses the schemas of records', () => {
  for (const { from, to } of IMPORTS) {
    if (!to.startsWith('node:') && !to.startsWith('src/')) {
      const allowed = Object.entries(PACKAGES).some(
        ([room, names]) =>
          from.startsWith(room) && names.some((name) => to === name || to.startsWith(`${name}/`)),
      );
      assert.ok(allowed, `${from} imports ${to}`);
    }
    assert.ok(
      from.startsWith('src/event/schema/') || !to.startsWith('src/event/schema/'),
      `${from} imports ${to}`,
    );
  }
});

/** Files of a folder, without tests, by their paths from the root with slashes. */
function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** What a file imports: files of ours by their paths, anything else by its name. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return [...text.matchAll(STATEMENT)].map((match) => {
    const name = match[2] ?? '';
    const to = name.startsWith('.') ? posix.join(dirname(file), name) : name;
    return { from: file, to, typesOnly: match[1] !== undefined };
  });
}

/** `src/NAME`, `src/tap/NAME`, or `src/tap` for a file that lies directly in it. */
function roomOf(file: string): string {
  const [src = '', first = '', second = ''] = file.split('/');
  if (first !== 'tap' || second === '' || second.endsWith('.ts')) return `${src}/${first}`;
  return `${src}/${first}/${second}`;
}

function isAllowed({ from, to }: Import): boolean {
  if (!to.startsWith('src/')) return true;
  const room = roomOf(from);
  const target = roomOf(to);
  return room === target || (ARROWS[room]?.some((arrow) => arrow === target || arrow === to) ?? false);
}

function covers(exception: (typeof EXCEPTIONS)[number], one: Import): boolean {
  const from = exception.from.endsWith('/')
    ? one.from.startsWith(exception.from)
    : one.from === exception.from;
  return from && one.to === exception.to && (one.typesOnly || !exception.typesOnly);
}
