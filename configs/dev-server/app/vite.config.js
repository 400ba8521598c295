import { defineConfig } from 'vite';

export default defineConfig({
  // The port that edgeproxy.yaml names, or none.
  server: { port: 5173, strictPort: true },
  // /assets/* is another bucket: what is built lives elsewhere.
  build: { assetsDir: 'built' },
});
