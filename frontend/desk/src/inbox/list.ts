import { watchDebounced } from '@vueuse/core'
import { computed, onUnmounted, ref, shallowRef, watch } from 'vue'
import { api } from '../api/desk'
import type { ContactSummary } from '../api/models'
import { useProblemText } from '../api/problem-text'
import { useClock } from '../i18n/time'
import { useInbox } from '../stores/inbox'
import { useSession } from '../stores/session'
import { FrozenLayout, sameLayout, type Section } from './layout'
import { allSections, mySections, waitingSections } from './sections'

export type Scope = 'mine' | 'waiting' | 'all'

const everySecondsSort = 5

/** The list's rows in their sections: which, in which order, and when that order may change. */
export function useInboxList() {
  const inbox = useInbox()
  const clock = useClock()
  const { attempt } = useProblemText()
  const session = useSession()
  const scope = ref<Scope>(session.can('contacts.handle') ? 'mine' : 'all')
  const query = ref('')
  const channel = ref('')
  const queueId = ref('')
  const found = ref<string[] | null>(null)
  const loading = ref(false)

  const kept = new Map<string, ContactSummary>()
  const rowOf = (id: string): ContactSummary | undefined => {
    const row = inbox.contact(id)
    if (row) kept.set(id, row)
    return row ?? kept.get(id)
  }

  const rows = computed(() => {
    const ids = found.value
    const base = ids
      ? ids.flatMap((id) => inbox.contact(id) ?? [])
      : scope.value === 'mine'
        ? inbox.mine
        : scope.value === 'waiting'
          ? inbox.waiting
          : inbox.all
    return base.filter(
      (row) => (!channel.value || row.channel === channel.value) && (!queueId.value || row.queue_id === queueId.value),
    )
  })
  /** Deadlines pass without an event, so the order is looked at every few seconds, too. */
  const tick = computed(() => Math.floor(clock.value / (everySecondsSort * 1000)))
  const layout = computed<Section[]>(() => {
    const now = tick.value * everySecondsSort * 1000
    if (scope.value === 'mine' && !found.value) return mySections(rows.value, now)
    return scope.value === 'waiting' ? waitingSections(rows.value) : allSections(rows.value)
  })

  const frozen = new FrozenLayout()
  const sections = shallowRef<Section[]>([])
  const outside = ref(0)
  const holders = new Set<string>()
  function show(shown: Section[]): void {
    if (!sameLayout(shown, sections.value)) sections.value = shown
    outside.value = frozen.waiting
  }
  function hold(by: string, on: boolean): void {
    if (on) holders.add(by)
    else holders.delete(by)
    show(frozen.hold(holders.size > 0))
  }
  watch(
    layout,
    (next, last) => {
      if (!last || !sameLayout(next, last)) show(frozen.offer(next))
    },
    { immediate: true },
  )
  watch([scope, found, channel, queueId], () => show(frozen.reset(layout.value)))

  let request = 0
  async function search(): Promise<void> {
    const mine = ++request
    const q = query.value.trim()
    if (!q && scope.value !== 'all') {
      found.value = null
      return
    }
    loading.value = true
    const answer = await attempt(() => api.contacts({ scope: scope.value, q }))
    if (mine !== request) return
    loading.value = false
    if (!answer) return
    inbox.takeRows(answer)
    found.value = q ? answer.map((row) => row.id) : null
  }
  watch(scope, search, { immediate: true })
  watchDebounced(query, search, { debounce: 250 })
  onUnmounted(() => (request += 1))

  return { scope, query, channel, queueId, sections, rowOf, outside, hold, loading }
}
