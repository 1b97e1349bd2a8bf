import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_REQUEST, requestToSend, textOfRequest } from './request-text.ts';

test('lines of the head end as HTTP has it', () => {
  assert.equal(requestToSend('GET / HTTP/1.1\nHost: a\n\n'), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(requestToSend('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(requestToSend('GET / HTTP/1.1'), 'GET / HTTP/1.1\r\n\r\n');
  assert.match(requestToSend(FIRST_REQUEST), /\r\n\r\n$/);
});

test('the length is that of the body as it is now', () => {
  assert.equal(
    requestToSend('POST / HTTP/1.1\ncontent-length: 999\nHost: a\n\nq=ä'),
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nq=ä',
  );
  assert.equal(
    requestToSend('POST / HTTP/1.1\nContent-Length: 3\n\n'),
    'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  );
  const chunked = 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n';
  assert.doesNotMatch(requestToSend(chunked), /Content-Length/);
});

test('only a body of several parts has its ends of lines changed', () => {
  const head = 'POST / HTTP/1.1\nContent-Type: ';
  assert.match(
    requestToSend(`${head}multipart/form-data; boundary=x\n\n--x\nA: b\n\nc`),
    /--x\r\nA: b\r\n\r\nc$/,
  );
  assert.match(requestToSend(`${head}text/plain\n\na\nb`), /\r\n\r\na\nb$/);
});

test('a stored request becomes the text that was sent', () => {
  const request = {
    method: 'GET',
    host: 'shop.example.org',
    path: '/search',
    query: [['q', "1' or 1"]],
    headers: [['User-Agent', 'x']],
    body: { preview: '', hash: '', hashedBytes: 0, bytes: 0 },
  } as unknown as Parameters<typeof textOfRequest>[0];
  assert.equal(
    textOfRequest(request),
    "GET /search?q=1'%20or%201 HTTP/1.1\nHost: shop.example.org\nUser-Agent: x\n\n",
  );
});
