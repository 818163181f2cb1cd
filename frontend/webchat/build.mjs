// Builds what citizens load into webchat/static: the chat widget, the page script and one style sheet.
// The widget must stay under 15 kB gzip: a page on a slow telephone line has to be able to afford it.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const LIMIT_BYTES = 15_000
const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, '../../webchat/static')

async function script(entry, name, format = 'iife') {
  await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    build: {
      outDir: target,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(here, 'src', entry), name: 'axd', formats: [format], fileName: () => name },
    },
  })
}

async function sheet(name, sources) {
  const parts = await Promise.all(sources.map((source) => readFile(join(here, source), 'utf8')))
  await writeFile(join(target, name), parts.join('\n'))
}

await mkdir(target, { recursive: true })
await script('index.ts', 'axd-chat.js')
await script('call.ts', 'axd-call.js')
await script('sip.ts', 'axd-sip.js', 'es')
await script('site.ts', 'site.js')
await sheet('site.css', ['../shared/styles/tokens.css', 'site/base.css', 'site/home.css', 'site/form.css', 'site/status.css'])
await copyFile(join(here, 'site/icon.svg'), join(target, 'icon.svg'))

const size = gzipSync(await readFile(join(target, 'axd-chat.js')), { level: 9 }).length
if (size > LIMIT_BYTES) throw new Error(`axd-chat.js has ${size} bytes gzipped, the limit is ${LIMIT_BYTES}`)
process.stdout.write(`axd-chat.js: ${size} of ${LIMIT_BYTES} bytes gzipped\n`)
