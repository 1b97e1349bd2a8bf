import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;
const compress = promisify(gzip);
const api = process.env.WEIR_API ?? 'http://127.0.0.1:8470';

/** Files below this size go out in one packet anyway. */
const SMALLEST_TO_COMPRESS = 1024;

/** Writes `NAME.gz` beside each text file of the build, so that the server never compresses the same bytes twice. */
function gzipCopies(): Plugin {
  return {
    name: 'gzip-copies',
    apply: 'build',
    async writeBundle(options) {
      const folder = options.dir ?? join(root, '../build/web');
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|json)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        if (bytes.length < SMALLEST_TO_COMPRESS) continue;
        await writeFile(`${path}.gz`, await compress(bytes, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

export default defineConfig({
  root,
  base: '/',
  plugins: [react(), gzipCopies()],
  server: {
    host: '127.0.0.1',
    // The API refuses changes that a page of another origin makes: here that origin is this server's own.
    proxy: { '/api': { target: api, changeOrigin: true, headers: { origin: api } } },
  },
  build: {
    outDir: join(root, '../build/web'),
    emptyOutDir: true,
    sourcemap: false,
    // Browsers that know light-dark(), so that it is not rewritten.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: URL of a script or style would break the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        // Parts that change at different times, and what the first view does not need, in files of their own.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 30 },
            { name: 'charts', test: /node_modules\/(echarts|zrender|tslib)\//, priority: 30 },
            {
              name: 'editor',
              test: /node_modules\/(@codemirror|@lezer|style-mod|crelt|w3c-keyname)\//,
              priority: 30,
            },
            {
              name: 'tables',
              test: /node_modules\/@tanstack\/(react-table|table-core|react-virtual|virtual-core)\//,
              priority: 30,
            },
            { name: 'router', test: /node_modules\/@tanstack\//, priority: 20 },
          ],
        },
      },
    },
  },
});
