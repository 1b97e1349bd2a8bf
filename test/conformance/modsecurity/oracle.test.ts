import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildOracle, type OracleRequest } from './oracle.ts';

const built = buildOracle();
const skip = typeof built === 'string' ? built : false;
after(() => {
  if (typeof built !== 'string') built.close();
});

const REQUEST: OracleRequest = { method: 'GET', uri: '/?a=1', headers: [['Host', 'localhost']] };

test('the oracle gives rules and status of each request', { skip }, () => {
  if (typeof built === 'string') throw new Error(built);
  const text = `SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecRule REMOTE_ADDR "@streq 10.0.0.1" "id:1,phase:1,pass,log,msg:'client',logdata:'%{REMOTE_ADDR}'"
SecRule ARGS:a "@streq evil" "id:2,phase:1,deny,status:406,log,msg:'argument'"
SecRule REQUEST_BODY "@contains evil" "id:3,phase:2,deny,status:403,log,msg:'body'"
SecRule RESPONSE_STATUS "@streq 500" "id:4,phase:3,pass,log,msg:'status'"
SecRule RESPONSE_BODY "@contains leak" "id:5,phase:4,deny,status:502,log,msg:'response'"
SecRule REQUEST_METHOD "@streq PUT" "id:6,phase:5,pass,log,msg:'end'"
`;
  const headers = [
    ['Host', 'localhost'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ] as const;
  const plain = [['Content-Type', 'text/plain']] as const;
  const verdicts = built.run({ text }, [
    REQUEST,
    { ...REQUEST, client: '10.0.0.1' },
    { ...REQUEST, uri: '/?a=evil', response: { status: 500, headers: plain, body: 'leak' } },
    { method: 'PUT', uri: '/', headers, body: 'x=evil' },
    { ...REQUEST, response: { status: 500, headers: plain, body: 'a leak' } },
  ]);
  assert.deepEqual(verdicts, [
    { matches: [], status: 200 },
    { matches: [{ id: 1, msg: 'client', data: '10.0.0.1' }], status: 200 },
    { matches: [{ id: 2, msg: 'argument' }], status: 406 },
    {
      matches: [
        { id: 3, msg: 'body' },
        { id: 6, msg: 'end' },
      ],
      status: 403,
    },
    {
      matches: [
        { id: 4, msg: 'status' },
        { id: 5, msg: 'response' },
      ],
      status: 502,
    },
  ]);
});

test('refused rules are an error with their words', { skip }, () => {
  if (typeof built === 'string') throw new Error(built);
  assert.throws(
    () => built.run({ text: 'SecNonsense On\n' }, [REQUEST]),
    /ended with 1.*line: 1|ended with 1.*Line: 1/is,
  );
  assert.throws(() => built.run({ files: ['/nowhere.conf'] }, [REQUEST]), /nowhere\.conf/);
});
