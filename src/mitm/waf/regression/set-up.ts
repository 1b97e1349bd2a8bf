import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RuleSource } from '../engine/load.ts';

/** A folder that holds no Core Rule Set. */
export class RulesFolderError extends Error {}

const SET_UPS = ['crs-setup.conf', 'crs-setup.conf.example'] as const;
/** Where Debian's package has it. */
const DEBIAN_SET_UP = '/etc/modsecurity/crs/crs-setup.conf';

/** What ModSecurity's own configuration does before any rule: body processors, and errors in bodies. */
const BASE = `
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\\+|/)|text/)xml" \\
  "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" \\
  "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" \\
  "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" \\
  "id:200003,phase:2,t:none,log,deny,status:400,msg:'Multipart request body failed strict validation.'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" \\
  "id:200004,phase:2,t:none,log,deny,msg:'Multipart parser detected a possible unmatched boundary.'"
`;

/** What the tests of the Core Rule Set expect: nothing is stopped, all paranoia levels, small limits. */
const TESTING = `
SecAction "id:900005,\\
  phase:1,\\
  nolog,\\
  pass,\\
  ctl:ruleEngine=DetectionOnly,\\
  ctl:ruleRemoveById=910000,\\
  setvar:tx.paranoia_level=4,\\
  setvar:tx.blocking_paranoia_level=4,\\
  setvar:tx.crs_validate_utf8_encoding=1,\\
  setvar:tx.arg_name_length=100,\\
  setvar:tx.arg_length=400,\\
  setvar:tx.total_arg_length=64000,\\
  setvar:tx.max_num_args=255,\\
  setvar:tx.max_file_size=64100,\\
  setvar:tx.combined_file_sizes=65535"
`;

/**
 * The Core Rule Set in a folder, set up for its tests. The folder has `rules/` and `crs-setup.conf` or its example in it
 * (Debian's has the latter in /etc), or is `rules` itself. Throws {@link RulesFolderError}.
 */
export function ruleSources(folder: string): RuleSource[] {
  const path = resolve(folder);
  if (!isFolder(path)) throw new RulesFolderError(`${folder} is no folder`);
  const isRoot = isFolder(join(path, 'rules'));
  const root = isRoot ? path : dirname(path);
  const rules = isRoot ? join(path, 'rules') : path;
  const files = readdirSync(rules).filter((name) => name.endsWith('.conf'));
  if (files.length === 0) throw new RulesFolderError(`${rules} has no rules (*.conf)`);
  const setUps = SET_UPS.map((name) => join(root, name));
  if (root.startsWith('/usr/share/')) setUps.push(DEBIAN_SET_UP);
  const setUp = setUps.find((name) => existsSync(name));
  if (setUp === undefined)
    throw new RulesFolderError(`there is no set-up beside the rules: ${setUps.join(', ')}`);
  return [
    { kind: 'text', name: 'regression', text: BASE },
    { kind: 'file', path: setUp },
    { kind: 'text', name: 'regression', text: TESTING },
    ...files.sort().map((name) => ({ kind: 'file' as const, path: join(rules, name) })),
  ];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
