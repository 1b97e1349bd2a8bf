import type { SemanticsCase } from './semantics-case.ts';

const PAGE = { status: 200, headers: [['Content-Type', 'text/plain']], body: 'a page' } as const;
const FORM = [['Content-Type', 'application/x-www-form-urlencoded']] as const;

/** What runs and what becomes of the request: skipping, ctl, exclusions, default actions, phases. */
export const FLOW: readonly SemanticsCase[] = [
  {
    name: 'skipAfter goes on behind its marker',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,pass,nolog,skipAfter:END"
SecAction "id:2,phase:2,pass,msg:'between'"
SecAction "id:3,phase:1,pass,msg:'other phase'"
SecMarker END
SecAction "id:4,phase:2,pass,msg:'behind'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/?a=2' }],
    expected: ['200 3[other phase] 4[behind]', '200 3[other phase] 2[between] 4[behind]'],
  },
  {
    name: 'skipAfter with a marker in quotes, and a chain that skips',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,pass,nolog,skipAfter:END-X,chain"
  SecRule ARGS:b "@streq 2" "t:none"
SecAction "id:2,phase:2,pass,msg:'between'"
SecMarker "END-X"
SecAction "id:4,phase:2,pass,msg:'behind'"
`,
    requests: [{ uri: '/?a=1&b=2' }, { uri: '/?a=1' }],
    expected: ['200 4[behind]', '200 2[between] 4[behind]'],
  },
  {
    name: 'skip leaves rules out',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,pass,nolog,skip:2"
SecAction "id:2,phase:2,pass,msg:'second'"
SecRule ARGS:a "@streq 1" "id:3,phase:2,pass,msg:'third',chain"
  SecRule ARGS:a "@streq 1" "t:none"
SecAction "id:4,phase:2,pass,msg:'fourth'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/?a=2' }],
    expected: ['200 4[fourth]', '200 2[second] 4[fourth]'],
  },
  {
    name: 'a marker before the rule is not gone back to',
    rules: `SecMarker START
SecRule TX:n "@eq 9" "id:1,phase:2,deny"
SecAction "id:2,phase:2,pass,nolog,setvar:tx.n=9,skipAfter:LATER"
SecAction "id:3,phase:2,pass,msg:'between'"
SecMarker LATER
SecAction "id:4,phase:2,pass,msg:'behind'"
`,
    requests: [{ uri: '/' }],
    expected: ['200 4[behind]'],
  },
  {
    name: 'ctl removes rules by id',
    rules: `SecRule ARGS:x "@rx ^1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=10"
SecRule ARGS:x "@rx 2$" "id:2,phase:1,pass,nolog,ctl:ruleRemoveById=11-12"
SecRule ARGS "@rx ." "id:10,phase:2,pass,msg:'10'"
SecRule ARGS "@rx ." "id:11,phase:2,pass,msg:'11'"
SecRule ARGS "@rx ." "id:12,phase:2,pass,msg:'12'"
SecRule ARGS "@rx ." "id:13,phase:2,pass,msg:'13'"
`,
    requests: [{ uri: '/?x=0' }, { uri: '/?x=1' }, { uri: '/?x=2' }, { uri: '/?x=12' }],
    expected: [
      '200 10[10] 11[11] 12[12] 13[13]',
      '200 11[11] 12[12] 13[13]',
      '200 10[10] 13[13]',
      '200 13[13]',
    ],
  },
  {
    name: 'ctl removes a SecAction',
    rules: `SecRule ARGS:x "@rx 1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=10"
SecAction "id:10,phase:2,pass,msg:'10'"
`,
    requests: [{ uri: '/?x=0' }, { uri: '/?x=1' }],
    expected: ['200 10[10]', '200'],
    differs: { reason: 'it looks at removed ids for SecRule alone', theirs: ['200 10[10]', '200 10[10]'] },
  },
  {
    name: 'ctl removes rules by tag: the whole of it',
    rules: `SecRule ARGS:x "@rx 1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=attack"
SecRule ARGS:x "@rx 2" "id:2,phase:1,pass,nolog,ctl:ruleRemoveByTag=attack-a"
SecRule ARGS "@rx ." "id:10,phase:2,pass,msg:'word one',tag:attack-a"
SecRule ARGS "@rx ." "id:11,phase:2,pass,msg:'word two',tag:other,tag:attack-b"
SecRule ARGS "@rx ." "id:12,phase:2,pass,msg:'none'"
`,
    requests: [{ uri: '/?x=0' }, { uri: '/?x=1' }, { uri: '/?x=2' }],
    expected: [
      '200 10[word one] 11[word two] 12[none]',
      '200 10[word one] 11[word two] 12[none]',
      '200 11[word two] 12[none]',
    ],
  },
  {
    name: 'ctl in a rule of the same phase',
    rules: `SecRule ARGS "@rx ." "id:9,phase:2,pass,msg:'9'"
SecRule ARGS:x "@rx 1" "id:1,phase:2,pass,nolog,ctl:ruleRemoveById=9,ctl:ruleRemoveById=10"
SecRule ARGS "@rx ." "id:10,phase:2,pass,msg:'10'"
`,
    requests: [{ uri: '/?x=0' }, { uri: '/?x=1' }],
    expected: ['200 9[9] 10[10]', '200 9[9]'],
  },
  {
    name: 'ctl removes targets by id',
    rules: `SecRule ARGS:x "@rx 1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS:a"
SecRule ARGS:x "@rx 2" "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS"
SecRule ARGS:x "@rx 3" "id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS_NAMES:a"
SecRule ARGS:x "@rx 4" "id:4,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10-11;ARGS:A"
SecRule ARGS|ARGS_NAMES "@rx a" "id:10,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule ARGS "@rx a" "id:11,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
`,
    requests: [
      { uri: '/?a=xax' },
      { uri: '/?a=xax&x=1' },
      { uri: '/?b=xax&x=2' },
      { uri: '/?a=q&x=3' },
      { uri: '/?a=xax&x=4' },
    ],
    expected: [
      '200 10[ARGS_NAMES:a] 11[ARGS:a]',
      '200 10[ARGS_NAMES:a] 11[ARGS:a]',
      '200 11[ARGS:b]',
      '200',
      '200 10[ARGS_NAMES:a]',
    ],
    differs: {
      reason: 'it knows no ranges there, ModSecurity 2 and Coraza do',
      theirs: [
        '200 10[ARGS_NAMES:a] 11[ARGS:a]',
        '200 10[ARGS_NAMES:a] 11[ARGS:a]',
        '200 11[ARGS:b]',
        '200',
        '200 10[ARGS_NAMES:a] 11[ARGS:a]',
      ],
    },
  },
  {
    name: 'ctl removes targets by tag',
    rules: `SecRule ARGS:x "@rx 1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack-a;ARGS:a"
SecRule ARGS:x "@rx 2" "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack;ARGS:a"
SecRule ARGS "@rx a" "id:10,phase:2,pass,msg:'10',tag:attack-a"
SecRule ARGS "@rx a" "id:11,phase:2,pass,msg:'11',tag:attack-ab"
SecRule ARGS "@rx a" "id:12,phase:2,pass,msg:'12'"
`,
    requests: [{ uri: '/?a=a' }, { uri: '/?a=a&x=1' }, { uri: '/?a=a&x=2' }],
    expected: ['200 10[10] 11[11] 12[12]', '200 11[11] 12[12]', '200 10[10] 11[11] 12[12]'],
  },
  {
    name: 'removed targets of a chain',
    rules: `SecRule ARGS:x "@rx 1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS:a"
SecRule ARGS:b "@rx b" "id:10,phase:2,pass,msg:'chain',chain"
  SecRule ARGS "@streq a" "t:none"
`,
    requests: [{ uri: '/?a=a&b=b' }, { uri: '/?a=a&b=b&x=1' }],
    expected: ['200 10[chain]', '200 10[chain]'],
  },
  {
    name: 'ctl switches the engine',
    rules: `SecRule ARGS:x "@streq off" "id:1,phase:1,pass,nolog,ctl:ruleEngine=Off"
SecRule ARGS:x "@streq detect" "id:2,phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly"
SecAction "id:3,phase:1,pass,msg:'same phase'"
SecRule ARGS:a "@streq evil" "id:4,phase:2,deny,msg:'evil'"
SecAction "id:5,phase:2,pass,msg:'later'"
`,
    requests: [{ uri: '/?a=evil' }, { uri: '/?a=evil&x=off' }, { uri: '/?a=evil&x=detect' }],
    expected: ['403 3[same phase] 4[evil]', '200 3[same phase]', '200 3[same phase] 4[evil] 5[later]'],
  },
  {
    name: 'ctl chooses the processor of the body',
    rules: `SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQBODY_PROCESSOR "@unconditionalMatch" "id:3,phase:2,pass,msg:'%{REQBODY_PROCESSOR}'"
SecRule ARGS "@contains evil" "id:4,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule XML:/* "@contains evil" "id:5,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule REQBODY_ERROR "@eq 1" "id:6,phase:2,pass,msg:'error'"
`,
    requests: [
      {
        uri: '/',
        method: 'POST',
        headers: [['Content-Type', 'application/json']],
        body: '{"a":{"b":"evil"}}',
      },
      { uri: '/', method: 'POST', headers: [['Content-Type', 'application/json']], body: '{"a":' },
      { uri: '/', method: 'POST', headers: [['Content-Type', 'text/xml']], body: '<a>evil</a>' },
      { uri: '/', method: 'POST', headers: [['Content-Type', 'text/xml']], body: '<a>evil' },
      { uri: '/', method: 'POST', headers: FORM, body: 'a=evil' },
      { uri: '/', method: 'POST', headers: [['Content-Type', 'text/plain']], body: 'a=evil' },
    ],
    expected: [
      '200 3[JSON] 4[ARGS:json.a.b]',
      '200 3[JSON] 6[error]',
      '200 3[XML] 5[XML:/*]',
      '200 3[XML] 5[XML:/*] 6[error]',
      '200 3[URLENCODED] 4[ARGS:a]',
      '200 3',
    ],
  },
  {
    name: 'ctl asks for the body where no processor takes it',
    rules: `SecRule ARGS:x "@streq 1" "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
SecRule REQUEST_BODY "@contains evil" "id:2,phase:2,pass,msg:'%{REQUEST_BODY}'"
SecRule REQUEST_BODY_LENGTH "@gt 0" "id:3,phase:2,pass,msg:'%{REQUEST_BODY_LENGTH}'"
`,
    requests: [
      { uri: '/', method: 'POST', headers: [['Content-Type', 'text/plain']], body: 'evil' },
      { uri: '/?x=1', method: 'POST', headers: [['Content-Type', 'text/plain']], body: 'evil' },
      { uri: '/', method: 'POST', headers: FORM, body: 'a=evil' },
    ],
    expected: ['200 2[evil] 3[4]', '200 2[evil] 3[4]', '200 2[a=evil] 3[6]'],
  },
  {
    name: 'ctl leaves the body alone',
    rules: `SecRule ARGS:x "@streq 1" "id:1,phase:1,pass,nolog,ctl:requestBodyAccess=Off"
SecRule ARGS:a "@streq evil" "id:2,phase:2,pass,msg:'argument'"
SecRule REQUEST_BODY "@contains evil" "id:3,phase:2,pass,msg:'body'"
`,
    requests: [
      { uri: '/', method: 'POST', headers: FORM, body: 'a=evil' },
      { uri: '/?x=1', method: 'POST', headers: FORM, body: 'a=evil' },
    ],
    expected: ['200 2[argument] 3[body]', '200'],
  },
  {
    name: 'rules are removed by id, tag and message',
    rules: `SecAction "id:1,phase:1,pass,msg:'one'"
SecAction "id:2,phase:1,pass,msg:'two',tag:t-a"
SecAction "id:3,phase:1,pass,msg:'three',tag:t-b"
SecAction "id:4,phase:1,pass,msg:'four'"
SecAction "id:5,phase:1,pass,msg:'five'"
SecAction "id:6,phase:1,pass,msg:'six'"
SecRuleRemoveById 1 5-6
SecRuleRemoveByTag t-a
SecRuleRemoveByTag t-
SecRuleRemoveByMsg four
SecRuleRemoveByMsg i
`,
    requests: [{ uri: '/' }],
    expected: ['200 3[three]'],
  },
  {
    name: 'targets are updated by id',
    rules: `SecRule ARGS "@streq evil" "id:1,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule ARGS:a "@streq evil" "id:2,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRuleUpdateTargetById 1 "!ARGS:a"
SecRuleUpdateTargetById 2 "ARGS:b|REQUEST_HEADERS:X"
`,
    requests: [{ uri: '/?a=evil' }, { uri: '/?b=evil' }, { uri: '/', headers: [['X', 'evil']] }],
    expected: ['200 2[ARGS:a]', '200 1[ARGS:b] 2[ARGS:b]', '200 2[REQUEST_HEADERS:X]'],
  },
  {
    name: 'targets are updated by tag and message',
    rules: `SecRule ARGS "@streq evil" "id:1,phase:2,pass,msg:'first',tag:x/y"
SecRule ARGS "@streq evil" "id:2,phase:2,pass,msg:'second'"
SecRuleUpdateTargetByTag x/y "!ARGS:a"
SecRuleUpdateTargetByMsg second "!ARGS:b"
`,
    requests: [{ uri: '/?a=evil' }, { uri: '/?b=evil' }, { uri: '/?c=evil' }],
    expected: ['200 2[second]', '200 1[first]', '200 1[first] 2[second]'],
  },
  {
    name: 'targets are updated with patterns',
    rules: `SecRule ARGS "@streq evil" "id:1,phase:2,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRuleUpdateTargetById 1 "!ARGS:/^x/,!ARGS:a"
`,
    requests: [{ uri: '/?xa=evil' }, { uri: '/?a=evil' }, { uri: '/?ax=evil' }],
    expected: ['200', '200', '200 1[ARGS:ax]'],
  },
  {
    name: 'actions are updated by id',
    rules: `SecRule ARGS:a "@streq evil" "id:1,phase:2,deny,status:406,msg:'before',tag:old"
SecRule ARGS:b "@streq EVIL" "id:2,phase:2,pass,msg:'b',t:none"
SecRuleUpdateActionById 1 "pass,msg:'after'"
SecRuleUpdateActionById 2 "t:uppercase,deny,status:410"
`,
    requests: [{ uri: '/?a=evil' }, { uri: '/?b=evil' }, { uri: '/?b=EVIL' }],
    expected: ['200 1[after]', '410 2[b]', '410 2[b]'],
    differs: {
      reason: 'it changes some actions and forgets the message',
      theirs: ['200 1[before]', '410 2', '410 2'],
    },
  },
  {
    name: 'block does what the default action says',
    rules: `SecDefaultAction "phase:2,log,deny,status:409"
SecDefaultAction "phase:1,log,pass"
SecRule ARGS:a "@streq 1" "id:1,phase:2,block,msg:'block'"
SecRule ARGS:a "@streq 2" "id:2,phase:1,block,msg:'passes'"
SecRule ARGS:a "@streq 3" "id:3,phase:2,pass,msg:'own'"
SecRule ARGS:a "@streq 4" "id:4,phase:2,block,status:410,msg:'status'"
SecRule ARGS:a "@streq 5" "id:5,phase:2,msg:'none named'"
SecRule ARGS:a "@streq 6" "id:6,phase:2,block,nolog"
`,
    requests: [
      { uri: '/?a=1' },
      { uri: '/?a=2' },
      { uri: '/?a=3' },
      { uri: '/?a=4' },
      { uri: '/?a=5' },
      { uri: '/?a=6' },
    ],
    expected: ['409 1[block]', '200 2[passes]', '200 3[own]', '410 4[status]', '200 5[none named]', '409'],
    differs: {
      reason: 'it logs what ends a request, whatever nolog says',
      theirs: ['409 1[block]', '200 2[passes]', '200 3[own]', '410 4[status]', '200 5[none named]', '409 6'],
    },
  },
  {
    name: 'block without a default action',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,block,msg:'block'"
SecRule ARGS:a "@streq 2" "id:2,phase:2,msg:'nothing'"
SecRule ARGS:a "@streq 3" "id:3,phase:2,deny,msg:'deny'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/?a=2' }, { uri: '/?a=3' }],
    expected: ['200 1[block]', '200 2[nothing]', '403 3[deny]'],
  },
  {
    name: 'a status of the default action',
    rules: `SecDefaultAction "phase:2,log,pass,status:409"
SecRule ARGS:a "@streq 1" "id:1,phase:2,deny,msg:'inherited'"
SecRule ARGS:a "@streq 2" "id:2,phase:2,deny,status:410,msg:'own'"
SecRule ARGS:a "@streq 3" "id:3,phase:1,deny,msg:'other phase'"
SecRule ARGS:a "@streq 4" "id:4,phase:2,redirect:http://www.example.org/,msg:'redirect'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/?a=2' }, { uri: '/?a=3' }, { uri: '/?a=4' }],
    expected: ['409 1[inherited]', '410 2[own]', '403 3[other phase]', '302 4[redirect]'],
  },
  {
    name: 'a denial that is not to be logged',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:2,deny,nolog,msg:'quiet'"
`,
    requests: [{ uri: '/?a=1' }],
    expected: ['403'],
    differs: { reason: 'it logs what ends a request, whatever nolog says', theirs: ['403 1[quiet]'] },
  },
  {
    name: 'transformations of the default action',
    rules: `SecDefaultAction "phase:2,log,pass,t:lowercase"
SecRule ARGS:a "@streq x" "id:1,phase:2,pass,msg:'lowercase'"
SecRule ARGS:a "@streq X" "id:2,phase:2,pass,msg:'none',t:none"
SecRule ARGS:a "@streq x" "id:3,phase:1,pass,msg:'other phase'"
SecRule ARGS:a "@rx ^[xX]$" "id:4,phase:2,pass,msg:'chain',chain"
  SecRule ARGS:a "@streq x"
`,
    requests: [{ uri: '/?a=X' }],
    expected: ['200 1[lowercase] 2[none] 4[chain]'],
  },
  {
    name: 'disruptive actions with a status',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:1,deny,msg:'1'"
SecRule ARGS:a "@streq 2" "id:2,phase:1,deny,status:418,msg:'2'"
SecRule ARGS:a "@streq 3" "id:3,phase:1,redirect:http://www.example.org/,msg:'3'"
SecRule ARGS:a "@streq 4" "id:4,phase:1,redirect:http://www.example.org/,status:307,msg:'4'"
SecRule ARGS:a "@streq 5" "id:5,phase:1,pass,status:418,msg:'5'"
SecRule ARGS:a "@streq 6" "id:6,phase:1,drop,msg:'6'"
SecRule ARGS:a "@streq 7" "id:7,phase:1,deny,pass,msg:'7'"
SecRule ARGS:a "@streq 8" "id:8,phase:1,status:410,deny,msg:'8'"
`,
    requests: [
      { uri: '/?a=1' },
      { uri: '/?a=2' },
      { uri: '/?a=3' },
      { uri: '/?a=4' },
      { uri: '/?a=5' },
      { uri: '/?a=6' },
      { uri: '/?a=7' },
      { uri: '/?a=8' },
    ],
    expected: [
      '403 1[1]',
      '418 2[2]',
      '302 3[3]',
      '307 4[4]',
      '200 5[5]',
      '403 6[6]',
      '200 7[7]',
      '410 8[8]',
    ],
  },
  {
    name: 'a denial ends the evaluation but for the last phase',
    rules: `SecRule ARGS:a "@streq 1" "id:1,phase:1,deny,msg:'deny'"
SecAction "id:2,phase:1,pass,msg:'same phase'"
SecAction "id:3,phase:2,pass,msg:'next phase'"
SecAction "id:4,phase:5,pass,msg:'last phase'"
SecAction "id:5,phase:5,deny,msg:'too late'"
SecAction "id:6,phase:5,pass,msg:'after'"
`,
    requests: [{ uri: '/?a=1' }, { uri: '/' }],
    expected: [
      '403 1[deny] 4[last phase] 5[too late] 6[after]',
      '200 2[same phase] 3[next phase] 4[last phase] 5[too late] 6[after]',
    ],
    differs: {
      reason: 'a denial when all is over ends the last phase, and is not told of',
      theirs: ['403 1[deny] 4[last phase]', '200 2[same phase] 3[next phase] 4[last phase]'],
    },
  },
  {
    name: 'detection only',
    rules: `SecRuleEngine DetectionOnly
SecRule ARGS:a "@streq 1" "id:1,phase:1,deny,msg:'deny'"
SecAction "id:2,phase:1,pass,msg:'same phase'"
SecAction "id:3,phase:2,drop,msg:'next phase'"
SecAction "id:4,phase:2,redirect:/x,msg:'goes on'"
`,
    requests: [{ uri: '/?a=1' }],
    expected: ['200 1[deny] 2[same phase] 3[next phase] 4[goes on]'],
  },
  {
    name: 'detection only and allow',
    rules: `SecRuleEngine DetectionOnly
SecRule ARGS:a "@streq 1" "id:1,phase:1,allow,msg:'allow'"
SecAction "id:2,phase:1,pass,msg:'same phase'"
SecAction "id:3,phase:2,deny,msg:'next phase'"
`,
    requests: [{ uri: '/?a=1' }],
    expected: ['200 1[allow] 2[same phase] 3[next phase]'],
  },
  {
    name: 'the engine is off',
    rules: `SecRuleEngine Off
SecAction "id:1,phase:1,deny,msg:'deny'"
`,
    requests: [{ uri: '/' }],
    expected: ['200'],
  },
  {
    name: 'kinds of allow',
    rules: `SecRule ARGS:a "@streq all" "id:1,phase:1,allow,msg:'all'"
SecRule ARGS:a "@streq request" "id:2,phase:1,allow:request,msg:'request'"
SecRule ARGS:a "@streq phase" "id:3,phase:1,allow:phase,msg:'phase'"
SecAction "id:4,phase:1,pass,msg:'1'"
SecAction "id:5,phase:2,pass,msg:'2'"
SecAction "id:6,phase:3,pass,msg:'3'"
SecAction "id:7,phase:4,pass,msg:'4'"
SecAction "id:8,phase:5,pass,msg:'5'"
`,
    requests: [
      { uri: '/?a=all', response: PAGE },
      { uri: '/?a=request', response: PAGE },
      { uri: '/?a=phase', response: PAGE },
      { uri: '/?a=none', response: PAGE },
    ],
    expected: [
      '200 1[all] 8[5]',
      '200 2[request] 6[3] 7[4] 8[5]',
      '200 3[phase] 5[2] 6[3] 7[4] 8[5]',
      '200 4[1] 5[2] 6[3] 7[4] 8[5]',
    ],
  },
  {
    name: 'allow in phase 2 and 3',
    rules: `SecRule ARGS:a "@streq all2" "id:1,phase:2,allow,msg:'all'"
SecRule ARGS:a "@streq request2" "id:2,phase:2,allow:request,msg:'request'"
SecRule ARGS:a "@streq phase3" "id:3,phase:3,allow:phase,msg:'phase'"
SecRule ARGS:a "@streq request3" "id:9,phase:3,allow:request,msg:'request'"
SecAction "id:5,phase:2,pass,msg:'2'"
SecAction "id:6,phase:3,pass,msg:'3'"
SecAction "id:7,phase:4,pass,msg:'4'"
SecAction "id:8,phase:5,pass,msg:'5'"
`,
    requests: [
      { uri: '/?a=all2', response: PAGE },
      { uri: '/?a=request2', response: PAGE },
      { uri: '/?a=phase3', response: PAGE },
      { uri: '/?a=request3', response: PAGE },
    ],
    expected: [
      '200 1[all] 8[5]',
      '200 2[request] 6[3] 7[4] 8[5]',
      '200 5[2] 3[phase] 7[4] 8[5]',
      '200 5[2] 9[request] 7[4] 8[5]',
    ],
  },
  {
    name: 'phases in their order, whatever the order of the rules',
    rules: `SecAction "id:5,phase:5,pass,msg:'5'"
SecAction "id:4,phase:4,pass,msg:'4'"
SecAction "id:3,phase:3,pass,msg:'3'"
SecAction "id:2,phase:request,pass,msg:'2'"
SecAction "id:1,phase:1,pass,msg:'1'"
`,
    requests: [{ uri: '/', response: PAGE }, { uri: '/' }],
    expected: ['200 1[1] 2[2] 3[3] 4[4] 5[5]', '200 1[1] 2[2] 5[5]'],
  },
  {
    name: 'answers are judged',
    rules: `SecRule RESPONSE_STATUS "@rx ^5" "id:1,phase:3,deny,status:503,msg:'%{RESPONSE_STATUS}'"
SecRule RESPONSE_HEADERS:X-Powered-By "@rx PHP" "id:2,phase:3,pass,msg:'%{MATCHED_VAR_NAME}'"
SecRule RESPONSE_BODY "@contains secret" "id:3,phase:4,deny,status:502,msg:'leak'"
SecRule RESPONSE_CONTENT_TYPE "@contains html" "id:4,phase:3,pass,msg:'%{RESPONSE_CONTENT_TYPE}'"
`,
    requests: [
      { uri: '/', response: { status: 500, headers: [['Content-Type', 'text/plain']], body: 'secret' } },
      {
        uri: '/',
        response: {
          status: 200,
          headers: [
            ['Content-Type', 'text/plain'],
            ['x-powered-by', 'PHP/8'],
          ],
          body: 'a secret',
        },
      },
      {
        uri: '/',
        response: { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body: 'a secret' },
      },
    ],
    expected: ['503 1[500]', '502 2[RESPONSE_HEADERS:x-powered-by] 3[leak]', '200 4[text/html]'],
  },
];
