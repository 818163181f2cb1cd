import { onUnmounted, ref, watch } from 'vue'
import { api } from '../api/desk'
import type { CaseSummary, Citizen } from '../api/models'
import { useProblemText } from '../api/problem-text'
import { useRealtime } from '../stores/realtime'

/** The citizen of the open contact; read again when one of their cases changes. */
export function useCitizen(id: () => string | null) {
  const { attempt } = useProblemText()
  const citizen = ref<Citizen | null>(null)

  async function reload(): Promise<void> {
    const wanted = id()
    if (wanted === null) return
    const found = await attempt(() => api.citizen(wanted))
    if (found && id() === wanted) citizen.value = found
  }

  watch(
    id,
    () => {
      citizen.value = null
      void reload()
    },
    { immediate: true },
  )
  const stop = useRealtime().listen({
    onChange: (change) => {
      const changed = change.data as CaseSummary | null
      if (change.entity === 'case' && changed?.citizen_id === id()) void reload()
    },
  })
  onUnmounted(stop)
  return { citizen, reload }
}
