import type { IconName } from '@axd/shared/icons/icons'
import { watchDebounced } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { api } from '../api/desk'
import type { SearchHit } from '../api/models'
import { Problem } from '../api/problem'
import { pages } from '../routes'
import { useSession } from '../stores/session'
import { keyCommands } from './keys'

export interface PaletteOption {
  key: string
  icon: IconName
  title: string
  subtitle?: string
  at?: string | null
  keys?: string
  run: () => void
}

const hitIcons: Record<SearchHit['entity'], IconName> = { contact: 'inbox', case: 'cases', citizen: 'user' }
const fewest = 2

/** What the palette offers: pages and commands whose name fits, then what the server finds. */
export function usePalette(close: () => void) {
  const { t } = useI18n()
  const router = useRouter()
  const session = useSession()
  const query = ref('')
  const hits = ref<SearchHit[]>([])
  const searching = ref(false)
  const at = ref(0)
  let asking: AbortController | null = null

  const fits = (text: string): boolean => text.toLowerCase().includes(query.value.trim().toLowerCase())
  const places = computed<PaletteOption[]>(() =>
    pages
      .filter((page) => session.canAny(page.meta.needs))
      .map((page) => ({
        key: page.name,
        icon: 'arrowright',
        title: t('palette.goTo', { page: t(`shell.${page.name}`) }),
        run: () => void router.push({ name: page.name }),
      })),
  )
  const acts = computed<PaletteOption[]>(() =>
    keyCommands()
      .filter((command) => command.keys !== 'Ctrl+K')
      .map((command) => ({
        key: `${command.keys} ${command.label}`,
        icon: 'play',
        title: t(command.label),
        keys: command.keys,
        run: command.run,
      })),
  )
  const found = computed<PaletteOption[]>(() =>
    hits.value.map((hit) => ({
      key: hit.id,
      icon: hitIcons[hit.entity],
      title: hit.title,
      subtitle: hit.subtitle,
      at: hit.at,
      run: () => open(hit),
    })),
  )
  const options = computed(() => [...found.value, ...[...places.value, ...acts.value].filter((one) => fits(one.title))])
  watch(options, () => (at.value = 0))

  function open(hit: SearchHit): void {
    if (hit.entity === 'case') void router.push({ name: 'cases', params: { id: hit.id } })
    else if (hit.entity === 'contact') void router.push({ name: 'inbox', params: { id: hit.id } })
    else query.value = hit.title
  }

  async function search(): Promise<void> {
    asking?.abort()
    const q = query.value.trim()
    if (q.length < fewest) {
      hits.value = []
      return
    }
    asking = new AbortController()
    const { signal } = asking
    searching.value = true
    try {
      hits.value = (await api.search(q, signal)).hits
    } catch (error) {
      if (!signal.aborted && !(error instanceof Problem)) throw error
    } finally {
      if (!signal.aborted) searching.value = false
    }
  }
  watchDebounced(query, search, { debounce: 200 })

  function run(option: PaletteOption | undefined): void {
    if (!option) return
    close()
    option.run()
  }
  return { query, options, at, searching, run }
}
