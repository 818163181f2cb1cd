import { watchDebounced } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api } from '../api/desk'
import type { Preview, SkillChange, SkillsMatrix } from '../api/models'
import { Problem } from '../api/problem'
import { SkillEdits, type CellChange } from '../skills/edits'

const levelsOf = (matrix: SkillsMatrix): CellChange[] =>
  matrix.agents.flatMap((agent) =>
    Object.entries(agent.levels).map(([skillId, level]) => ({ agentId: agent.id, skillId, level })),
  )

/** The matrix as it is stored, what was changed over it, and what the change would do. */
export const useSkills = defineStore('skills', () => {
  const matrix = ref<SkillsMatrix | null>(null)
  const edits = shallowRef(SkillEdits.over([]))
  const preview = ref<Preview | null>(null)
  const problem = ref<Problem | null>(null)
  let asking: AbortController | null = null

  const changes = computed<SkillChange[]>(() =>
    edits.value.changes.map((cell) => ({ agent_id: cell.agentId, skill_id: cell.skillId, level: cell.level || null })),
  )
  const touchedAgents = computed(() => {
    const ids = new Set(edits.value.changes.map((cell) => cell.agentId))
    return (matrix.value?.agents ?? []).filter((agent) => ids.has(agent.id))
  })

  async function load(): Promise<void> {
    try {
      const found = await api.skills()
      matrix.value = found
      edits.value = edits.value.rebase(levelsOf(found))
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
  }

  const set = (cells: CellChange[]): void => void (edits.value = edits.value.set(cells))
  const undo = (): void => void (edits.value = edits.value.undo())
  const redo = (): void => void (edits.value = edits.value.redo())
  const discard = (): void => void (edits.value = edits.value.discard())

  async function look(): Promise<void> {
    asking?.abort()
    if (changes.value.length === 0) {
      preview.value = null
      return
    }
    asking = new AbortController()
    const { signal } = asking
    try {
      preview.value = await api.previewSkills(changes.value, signal)
    } catch (error) {
      if (!signal.aborted && !(error instanceof Problem)) throw error
    }
  }

  /** Throws `Problem`; a conflict means that somebody saved meanwhile: load again and look. */
  async function save(reason: string): Promise<void> {
    if (!matrix.value) return
    const saved = await api.saveSkills(matrix.value.version, changes.value, reason)
    matrix.value = saved
    edits.value = SkillEdits.over(levelsOf(saved))
    preview.value = null
  }

  watchDebounced(changes, look, { debounce: 300 })

  return { matrix, edits, changes, touchedAgents, preview, problem, load, set, undo, redo, discard, save }
})
