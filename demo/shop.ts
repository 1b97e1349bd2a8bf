import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const PRODUCTS = [
  'Garden hose, 20 m',
  'Rain gauge',
  'Watering can',
  'Tap union',
  'Weir board, larch',
  'Flow meter',
];
const PAUSE_MS = 40;

/** A shop that protects itself against nothing: what stands in front of it has to. */
export async function openShop(): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    const [status, type, body] = answer(request.method ?? 'GET', pathname);
    // As long as a real one would think.
    setTimeout(() => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? '' : body);
    }, Math.random() * PAUSE_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function answer(method: string, path: string): readonly [status: number, type: string, body: string] {
  const product = /^\/products\/([1-6])$/.exec(path);
  const html = 'text/html; charset=utf-8';
  if (path === '/') return [200, html, page('Garden', PRODUCTS.map((name) => `<li>${name}</li>`).join(''))];
  if (product !== null) return [200, html, page(PRODUCTS[Number(product[1]) - 1] ?? '', '<p>In stock</p>')];
  if (path === '/search') return [200, html, page('Search', '<p>Two things were found</p>')];
  if (path === '/style.css') return [200, 'text/css', 'body { font-family: sans-serif }\n'.repeat(60)];
  if (path === '/api/products') return [200, 'application/json', JSON.stringify(PRODUCTS)];
  if (path === '/api/cart') return [method === 'POST' ? 201 : 200, 'application/json', '{"items":1}'];
  if (path === '/login')
    return [method === 'POST' ? 401 : 200, html, page('Log in', '<form method="post"></form>')];
  return [404, html, page('Not here', '<p>There is no such page</p>')];
}

function page(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>\n`;
}
