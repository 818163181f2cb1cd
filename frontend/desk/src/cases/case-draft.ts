import { watchDebounced } from '@vueuse/core'
import { onMounted, type Ref } from 'vue'
import { api } from '../api/desk'
import { Problem } from '../api/problem'
import type { CaseFormFields } from './form'

const kind = 'case'

/** The unfinished case form lives on the server, so that it survives a reload and moves along with a transfer. */
export function useCaseDraft(contactId: string, form: Ref<CaseFormFields>, touched: () => boolean) {
  let version = 0

  onMounted(async () => {
    const draft = await api.draft(contactId, kind).catch(quiet)
    if (!draft) return
    version = draft.version
    if (!touched()) Object.assign(form.value, draft.body)
  })

  async function save(): Promise<void> {
    if (!touched()) return
    try {
      version = (await api.saveDraft(contactId, kind, version, { ...form.value })).version
    } catch (error) {
      quiet(error)
      version = (await api.draft(contactId, kind).catch(quiet))?.version ?? 0
    }
  }

  async function drop(): Promise<void> {
    if (version > 0) await api.dropDraft(contactId, kind).catch(quiet)
    version = 0
  }

  watchDebounced(form, save, { deep: true, debounce: 1000 })
  return { drop }
}

/** A draft that cannot be read or kept right now stops nobody from writing. */
function quiet(error: unknown): null {
  if (!(error instanceof Problem)) throw error
  return null
}
