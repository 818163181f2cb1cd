import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, watch, type Ref } from 'vue'
import { api } from '../api/desk'
import type { Draft } from '../api/models'
import { Problem } from '../api/problem'
import { mergeForm, sameForm } from '../messages/drafts'
import { useDrafts } from './drafts'
import { useRealtime } from './realtime'

export type FormKind = 'case' | 'wrap_up'

const saveAfterMs = 800
const mostTries = 3

/**
 * An unfinished form lives on the server as a draft does: it survives a reload, and moves along with a transfer to the
 * last letter. What is changed elsewhere appears here field by field; what is changed here too stays as it is.
 * `belongs`: whether a stored draft is this form's; `mine`: only who has the contact may keep one.
 */
export function useFormDraft<T extends object>(
  contactId: string,
  kind: FormKind,
  form: Ref<T>,
  mine: () => boolean,
  belongs: (body: Partial<T>) => boolean = () => true,
) {
  const drafts = useDrafts()
  let empty = { ...form.value }
  /** What the server has; with nothing there, the form as nobody has touched it. */
  let base = { ...form.value }
  let version = 0
  let saving: Promise<unknown> = Promise.resolve()

  function take(found: Draft | null): void {
    if (!found || found.version <= version) return
    version = found.version
    const body = found.body as Partial<T>
    const theirs = { ...empty, ...(belongs(body) ? body : {}) }
    const merged = mergeForm(base, form.value, theirs)
    base = theirs
    form.value = merged
  }

  const load = async (): Promise<void> => take(await api.draft(contactId, kind).catch(quiet))

  /** Whether nothing is left that only this page has. */
  async function store(): Promise<boolean> {
    for (let tries = 0; tries < mostTries && mine() && !sameForm(form.value, base); tries += 1) {
      const body = { ...form.value }
      try {
        version = (await api.saveDraft(contactId, kind, version, body as Record<string, unknown>)).version
        base = body
      } catch (error) {
        quiet(error)
        if ((error as Problem).status !== 409) return false
        await load()
      }
    }
    return !mine() || sameForm(form.value, base)
  }

  /** One save at a time. */
  function save(): Promise<boolean> {
    const run = saving.then(store)
    saving = run
    return run
  }

  /** The form was filled from what is stored: from there on it counts as touched, or goes on with a draft. */
  function rebase(): void {
    empty = { ...form.value }
    base = { ...form.value }
    version = 0
    void load()
  }

  /** The form was handed in: nothing is left to keep. */
  async function drop(): Promise<void> {
    await saving
    base = { ...form.value }
    if (version > 0) await api.dropDraft(contactId, kind).catch(quiet)
  }

  const saveSoon = useDebounceFn(save, saveAfterMs)
  watch(form, () => !sameForm(form.value, base) && void saveSoon(), { deep: true })
  watch(mine, (now) => now && void load())
  onScopeDispose(drafts.onFlush(contactId, save))
  onScopeDispose(
    useRealtime().listen({
      onChange: (change) => {
        const found = change.entity === 'draft' ? (change.data as Draft | null) : null
        if (found?.contact_id === contactId && found.kind === kind) take(found)
      },
      onOnline: () => void load().then(save),
    }),
  )
  if (mine()) void load()
  return { rebase, drop }
}

/** A draft that cannot be read or kept right now stops nobody from writing. */
function quiet(error: unknown): null {
  if (!(error instanceof Problem)) throw error
  return null
}
