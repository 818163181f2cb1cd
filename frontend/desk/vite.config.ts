import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/desk/',
  plugins: [vue()],
  build: { outDir: '../../desk/static', emptyOutDir: true, sourcemap: false, target: 'es2022' },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8000', ws: true } } },
  test: { environment: 'happy-dom', testTimeout: 20_000, include: ['tests/**/*.test.ts'] },
})
