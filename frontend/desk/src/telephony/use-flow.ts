import { computed, ref, shallowRef } from 'vue'
import { Problem } from '../api/problem'
import { telephonyApi } from '../api/telephony'
import type { FlowDetail, FlowNames, FlowProblem, PathCount } from '../api/models'
import type { FlowDraft } from './flow'
import { History } from './history'

export interface Edited {
  name: string
  flow: FlowDraft
}

const editedOf = (detail: FlowDetail): Edited => ({ name: detail.name, flow: detail.draft as unknown as FlowDraft })

/** One flow at work: the draft with undo, as it is on the server, what is wrong with it, how often it was taken. */
export function useFlow(key: string) {
  const detail = shallowRef<FlowDetail | null>(null)
  const history = shallowRef<History<Edited> | null>(null)
  const names = shallowRef<FlowNames | null>(null)
  const counts = shallowRef<PathCount[]>([])
  const conflict = ref(false)
  const busy = ref(false)

  const edited = computed(() => history.value?.now ?? null)
  const changed = computed(() => history.value?.changed ?? false)
  /** Of the draft as it was saved last. */
  const problems = computed<FlowProblem[]>(() => detail.value?.problems ?? [])

  function take(read: FlowDetail): void {
    detail.value = read
    history.value = History.of(editedOf(read))
  }
  async function load(): Promise<void> {
    const [read, known, taken] = await Promise.all([
      telephonyApi.flow(key),
      telephonyApi.names(),
      telephonyApi.counts(key),
    ])
    take(read)
    names.value = known
    counts.value = [...taken]
  }
  const edit = (flow: FlowDraft): void => set({ ...edited.value!, flow })
  const rename = (name: string): void => set({ ...edited.value!, name })
  const set = (next: Edited): void => void (history.value = history.value!.set(next))
  const undo = (): void => void (history.value = history.value?.undo() ?? null)
  const redo = (): void => void (history.value = history.value?.redo() ?? null)

  /** `over`: write over what somebody else saved meanwhile. False for a conflict, which is then asked about. */
  async function save(over = false): Promise<boolean> {
    const mine = edited.value!
    const based_on = over ? (await telephonyApi.flow(key)).version : detail.value!.version
    busy.value = true
    try {
      const body = { name: mine.name.trim(), draft: mine.flow as unknown as Record<string, unknown>, based_on }
      detail.value = await telephonyApi.saveFlow(key, body)
      history.value = history.value!.stored(mine)
      conflict.value = false
      return true
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'flow_changed') throw error
      conflict.value = true
      return false
    } finally {
      busy.value = false
    }
  }
  async function publish(note: string): Promise<void> {
    const published = await telephonyApi.publish(key, note)
    detail.value = { ...detail.value!, ...published }
  }
  /** Back to what callers hear: unsaved and saved changes go. */
  const discard = async (): Promise<void> => take(await telephonyApi.discard(key, detail.value!.version))
  async function restore(number: number): Promise<void> {
    await telephonyApi.restore(key, number)
    take(await telephonyApi.flow(key))
  }
  async function takeTheirs(): Promise<void> {
    take(await telephonyApi.flow(key))
    conflict.value = false
  }

  return {
    detail,
    history,
    names,
    counts,
    conflict,
    busy,
    edited,
    changed,
    problems,
    load,
    edit,
    rename,
    undo,
    redo,
    save,
    publish,
    discard,
    restore,
    takeTheirs,
  }
}

export type FlowAtWork = ReturnType<typeof useFlow>
