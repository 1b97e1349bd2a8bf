import type { SemanticsCase } from './semantics-case.ts';

/** Chains, captures, multiMatch, macros and setvar, as in ModSecurity 3. */
export const MATCHING: readonly SemanticsCase[] = [
  {
    name: 'a chain matches when all its links do',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,deny,status:406,msg:'both',chain"
  SecRule ARGS:b "@streq 2" "t:none"
`,
    requests: [{ uri: '/?a=1&b=2' }, { uri: '/?a=1&b=3' }, { uri: '/?a=0&b=2' }],
    expected: ['406 1[both]', '200', '200'],
  },
  {
    name: 'what a link sets is set though the next one does not match',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,pass,nolog,setvar:tx.first=1,chain"
  SecRule ARGS:b "@streq 2" "setvar:tx.second=1"
SecRule TX:first "@eq 1" "id:2,phase:2,pass,msg:'first'"
SecRule TX:second "@eq 1" "id:3,phase:2,pass,msg:'second'"
`,
    requests: [{ uri: '/?a=1&b=2' }, { uri: '/?a=1' }, { uri: '/?b=2' }],
    expected: ['200 2[first] 3[second]', '200 2[first]', '200'],
  },
  {
    name: 'what a rule sets is set for each value that matches',
    rules: `SecRule ARGS "@rx ^x" "id:1,phase:2,pass,nolog,setvar:tx.count=+1"
SecRule TX:count "@gt 0" "id:2,phase:2,pass,msg:'%{tx.count}'"
`,
    requests: [{ uri: '/?a=x1&b=x2&c=y' }, { uri: '/?a=y' }],
    expected: ['200 2[2]', '200'],
  },
  {
    name: 'a link of a chain sets for each value too',
    rules: `SecRule ARGS:/^[ab]$/ "@rx x" "id:1,phase:2,pass,nolog,chain"
  SecRule MATCHED_VARS "@rx x" "setvar:tx.count=+1,setvar:tx.last=%{MATCHED_VAR}"
SecRule TX:count "@gt 0" "id:2,phase:2,pass,msg:'%{tx.count}'"
`,
    requests: [{ uri: '/?a=x1&b=x2&c=x3' }, { uri: '/?c=x' }],
    expected: ['200 2[2]', '200'],
  },
  {
    name: 'matched variables of the link before',
    rules: `SecRule ARGS "@rx ^x" "id:1,phase:2,pass,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}',chain"
  SecRule MATCHED_VARS_NAMES "@streq ARGS:b" "t:none"
`,
    requests: [{ uri: '/?b=x2' }, { uri: '/?c=x2' }, { uri: '/?a=x&b=x2' }],
    expected: ['200 1[MATCHED_VARS_NAMES:ARGS:b ARGS:b]', '200', '200 1[MATCHED_VARS_NAMES:ARGS:b ARGS:b]'],
  },
  {
    name: 'the count of matched variables',
    rules: `SecRule ARGS "@rx ^x" "id:1,phase:2,pass,msg:'two',chain"
  SecRule &MATCHED_VARS "@eq 2" "t:none"
`,
    requests: [{ uri: '/?a=x&b=x' }, { uri: '/?a=x' }],
    expected: ['200 1[two]', '200'],
  },
  {
    name: 'the last matched variable',
    rules: `SecRule ARGS:a "@rx x" "id:1,phase:2,pass,nolog"
SecRule MATCHED_VAR "@streq 1x" "id:2,phase:2,pass,msg:'%{MATCHED_VAR}'"
`,
    requests: [{ uri: '/?a=1x' }, { uri: '/?a=y' }],
    expected: ['200 2[1x]', '200'],
  },
  {
    name: 'three links, and a message of the first',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,deny,msg:'%{tx.n} %{ARGS.a}',logdata:'%{MATCHED_VAR}',chain"
  SecRule ARGS:b "@rx (.)" "capture,setvar:tx.n=%{tx.1},chain"
  SecRule ARGS:c "@streq 3" "t:none"
`,
    requests: [{ uri: '/?a=1&b=7&c=3' }],
    expected: ['403 1[7 1]{3}'],
  },
  {
    name: 'a negated first link',
    rules: `SecRule REQUEST_METHOD "!@streq POST" "id:1,phase:1,deny,status:405,msg:'m',chain"
  SecRule REQUEST_URI "@beginsWith /form" "t:none"
`,
    requests: [{ uri: '/form' }, { uri: '/form', method: 'POST' }],
    expected: ['405 1[m]', '200'],
  },
  {
    name: 'a negated operator over several values',
    rules: `SecRule ARGS "!@streq a" "id:1,phase:2,pass,msg:'%{MATCHED_VAR}'"
SecRule ARGS:none "!@streq a" "id:2,phase:2,pass,msg:'absent'"
`,
    requests: [{ uri: '/?x=a&y=a' }, { uri: '/?x=b' }, { uri: '/' }],
    expected: ['200', '200 1[b]', '200'],
  },
  {
    name: 'captures stay until others take their place',
    rules: `SecRule ARGS:a "@rx ^(.)(.)(z)?" "id:1,phase:2,pass,msg:'%{tx.0}|%{tx.1}|%{tx.2}|%{tx.3}',capture"
SecRule ARGS:b "@rx ^(.)" "id:2,phase:2,pass,msg:'%{tx.0}|%{tx.1}|%{tx.2}',capture"
SecRule ARGS:b "@rx ^(.)(.)" "id:3,phase:2,pass,msg:'%{tx.0}|%{tx.1}|%{tx.2}'"
`,
    requests: [{ uri: '/?a=xy' }, { uri: '/?a=xyz&b=123' }, { uri: '/?b=123' }],
    expected: ['200 1[xy|x|y|]', '200 1[xyz|x|y|z] 2[1|1|y] 3[1|1|y]', '200 2[1|1|] 3[1|1|]'],
  },
  {
    name: 'a phrase is captured',
    rules: `SecRule ARGS:a "@pm evil bad" "id:1,phase:2,pass,msg:'%{tx.0}',capture"
SecRule ARGS:a "@contains vi" "id:2,phase:2,pass,msg:'%{tx.0}',capture"
`,
    requests: [{ uri: '/?a=very+evil' }, { uri: '/?a=a+vi' }],
    expected: ['200 1[evil] 2[evil]', '200 2'],
  },
  {
    name: 'captures of one link reach the next',
    rules: `SecRule ARGS:a "@rx ^(\\w)-(\\w)" "id:1,phase:2,pass,msg:'%{tx.1}',capture,chain"
  SecRule TX:2 "@streq b" "t:none"
`,
    requests: [{ uri: '/?a=a-b' }, { uri: '/?a=a-c' }],
    expected: ['200 1[a]', '200'],
  },
  {
    name: 'multiMatch looks before and after each transformation',
    rules: `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,multiMatch,t:none,t:lowercase,t:urlDecode,t:trim,setvar:tx.n=+1"
SecRule TX:n "@gt 0" "id:2,phase:2,pass,msg:'%{tx.n}'"
`,
    requests: [{ uri: '/?a=abc' }, { uri: '/?a=ABC' }, { uri: '/?a=A%2541' }, { uri: '/?a=+A' }],
    expected: ['200 2[1]', '200 2[2]', '200 2[3]', '200 2[3]'],
    differs: {
      reason: 'it tells of a rule with multiMatch once for each match, nolog or not',
      theirs: ['200 1 2[1]', '200 1 1 2[2]', '200 1 1 1 2[3]', '200 1 1 1 2[3]'],
    },
  },
  {
    name: 'multiMatch finds what a later transformation hides',
    rules: `SecRule ARGS:a "@contains A" "id:1,phase:2,pass,msg:'%{MATCHED_VAR}',multiMatch,t:none,t:lowercase"
SecRule ARGS:a "@contains A" "id:2,phase:2,pass,msg:'%{MATCHED_VAR}',t:none,t:lowercase"
SecRule ARGS:a "@contains a" "id:3,phase:2,pass,msg:'%{MATCHED_VAR}',t:none,t:lowercase,t:none"
`,
    requests: [{ uri: '/?a=A' }, { uri: '/?a=a' }],
    expected: ['200 1[A]', '200 3[a]'],
  },
  {
    name: 'macros of many variables',
    rules: `SecRule REQUEST_URI "@unconditionalMatch" "id:1,phase:2,pass,msg:'%{ARGS.a}|%{args.A}|%{REQUEST_HEADERS.host}|%{REQUEST_METHOD}|%{REMOTE_ADDR}|%{rule.id}|%{tx.none}|%{REQUEST_FILENAME}|%{QUERY_STRING}'"
`,
    requests: [{ uri: '/p/f.php?a=1' }],
    expected: ['200 1[1|1|www.example.org|GET|192.0.2.7|||/p/f.php|a=1]'],
  },
  {
    name: 'macros that are none',
    rules: `SecRule REQUEST_URI "@unconditionalMatch" "id:1,phase:2,pass,msg:'100%|%d|{x}|%%{tx.a}|'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 1[100%|%d|{x}|%|]'],
    differs: { reason: 'it refuses a per cent sign before a macro', theirs: 'refused' },
  },
  {
    name: 'macros in operators',
    rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.word=evil,setvar:tx.limit=3"
SecRule ARGS:a "@streq %{tx.word}" "id:2,phase:2,pass,msg:'streq'"
SecRule ARGS:a "@contains %{tx.word}" "id:3,phase:2,pass,msg:'contains'"
SecRule ARGS:n "@gt %{tx.limit}" "id:4,phase:2,pass,msg:'gt'"
SecRule ARGS:a "@within %{tx.word} devil" "id:5,phase:2,pass,msg:'within'"
SecRule ARGS:a "!@streq %{tx.absent}" "id:6,phase:2,pass,msg:'absent'"
SecRule ARGS:a "@rx ^%{tx.word}$" "id:7,phase:2,pass,msg:'rx'"
`,
    requests: [{ uri: '/?a=evil&n=4' }, { uri: '/?a=an+evil&n=3' }, { uri: '/?a=' }],
    expected: [
      '200 2[streq] 3[contains] 4[gt] 5[within] 6[absent] 7[rx]',
      '200 3[contains] 6[absent]',
      '200 5[within]',
    ],
  },
  {
    name: 'setvar sets, adds, subtracts and unsets',
    rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=5,setvar:tx.b,setvar:'tx.c=x y',setvar:tx.d=+2,setvar:tx.e=-2"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.a=+3,setvar:tx.a=-1,setvar:tx.d=+%{tx.a}"
SecAction "id:3,phase:1,pass,msg:'a=%{tx.a} b=%{tx.b} c=%{tx.c} d=%{tx.d} e=%{tx.e}'"
SecAction "id:4,phase:1,pass,nolog,setvar:!tx.a,setvar:TX.C=z"
SecAction "id:5,phase:1,pass,msg:'a=%{tx.a} c=%{tx.c}'"
SecRule &TX:a "@eq 0" "id:6,phase:1,pass,msg:'unset'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 3[a=7 b=1 c=x y d=9 e=-2] 5[a= c=z] 6[unset]'],
  },
  {
    name: 'setvar with numbers that are none',
    rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=x,setvar:tx.b=5x,setvar:tx.c=7"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.a=+1,setvar:tx.b=+1,setvar:tx.c=+z"
SecAction "id:3,phase:1,pass,msg:'a=%{tx.a} b=%{tx.b} c=%{tx.c}'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 3[a=1 b=6 c=7]'],
  },
  {
    name: 'setvar with macros in names',
    rules: `SecRule ARGS "@unconditionalMatch" "id:1,phase:2,pass,nolog,setvar:'tx.seen_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'"
SecRule TX:/^seen_/ "@streq 1" "id:2,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule TX:seen_ARGS:a "@streq 1" "id:3,phase:2,pass,msg:'by name'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/?b=2' }],
    expected: ['200 2[TX:seen_args:a] 3[by name]', '200'],
    differs: {
      reason: 'it keeps the case of the name; names are compared without it either way',
      theirs: ['200 2[TX:seen_ARGS:a] 3[by name]', '200'],
    },
  },
  {
    name: 'setvar with negative numbers',
    rules: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=3"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.a=-5"
SecRule TX:a "@lt 0" "id:3,phase:1,pass,msg:'%{tx.a}'"
SecAction "id:4,phase:1,pass,nolog,setvar:tx.b=-2,setvar:tx.a=+%{tx.b}"
SecAction "id:5,phase:1,pass,msg:'%{tx.a} %{tx.b}'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 3[-2] 5[-4 -2]'],
  },
  {
    name: 'setvar in capitals',
    rules: `SecAction "id:1,phase:1,pass,nolog,setvar:TX.Word=A,setvar:'tx.other=%{TX.WORD}b'"
SecRule TX:WORD "@streq A" "id:2,phase:1,pass,msg:'%{tx.word} %{tx.OTHER}'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 2[A Ab]'],
  },
];
