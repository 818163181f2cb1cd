import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { api } from '../api/desk'
import type { Attachment, Draft } from '../api/models'
import { Problem } from '../api/problem'
import { mergeDraft } from '../messages/drafts'
import type { Change } from '../realtime/reducer'
import { useRealtime } from './realtime'
import { useSession } from './session'

export type DraftKind = 'reply' | 'note'

export interface DraftState {
  text: string
  attachments: Attachment[]
  /** The text that the server has at `version`. */
  saved: string
  version: number
  savedAt: string | null
  status: 'idle' | 'saving' | 'waiting'
  /** Another place changed the draft, too; its text is offered, never forced. */
  theirs: string | null
  /** When the draft was last saved before it was sent; older news about it is no news. */
  sentAfter: string
}

const saveAfterMs = 800
const mostTries = 3
const fresh = (): DraftState => ({
  text: '',
  attachments: [],
  saved: '',
  version: 0,
  savedAt: null,
  status: 'idle',
  theirs: null,
  sentAfter: '',
})

interface DraftBody {
  text?: string
  attachments?: Attachment[]
}

/** Drafts live on the server, one for each contact and kind; this machine keeps a copy until the server has it. */
export const useDrafts = defineStore('drafts', () => {
  const session = useSession()
  const drafts = reactive(new Map<string, DraftState>())
  const timers = new Map<string, number>()
  const running = new Map<string, Promise<void>>()
  const forms = new Map<string, Set<() => Promise<boolean>>>()

  const keyOf = (contact: string, kind: DraftKind): string => `${contact}/${kind}`
  const localKey = (key: string): string => `axd.draft.${session.me?.id}.${key}`

  function of(contact: string, kind: DraftKind): DraftState {
    const key = keyOf(contact, kind)
    if (!drafts.has(key)) drafts.set(key, fresh())
    return drafts.get(key)!
  }

  async function load(contact: string, kind: DraftKind): Promise<void> {
    const key = keyOf(contact, kind)
    const draft = of(contact, kind)
    const kept = localStorage.getItem(localKey(key))
    if (kept !== null && draft.text === draft.saved) draft.text = kept
    const found = await api.draft(contact, kind).catch(absent)
    if (found) take(draft, found)
    if (draft.text !== draft.saved) plan(contact, kind)
  }

  function take(draft: DraftState, found: Draft): void {
    if (found.version <= draft.version || found.saved_at <= draft.sentAfter) return
    const body = found.body as DraftBody
    const merged = mergeDraft(draft.saved, draft.text, body.text ?? '')
    draft.text = merged.text
    draft.theirs = merged.theirs
    draft.attachments = body.attachments ?? draft.attachments
    draft.saved = body.text ?? ''
    draft.version = found.version
    draft.savedAt = found.saved_at
  }

  /** Called at each stroke. */
  function write(contact: string, kind: DraftKind, text: string): void {
    of(contact, kind).text = text
    localStorage.setItem(localKey(keyOf(contact, kind)), text)
    plan(contact, kind)
  }

  function plan(contact: string, kind: DraftKind): void {
    const key = keyOf(contact, kind)
    window.clearTimeout(timers.get(key))
    timers.set(
      key,
      window.setTimeout(() => void save(contact, kind), saveAfterMs),
    )
  }

  /** One save at a time for each draft; what is typed meanwhile is saved by the next. */
  async function save(contact: string, kind: DraftKind): Promise<void> {
    const key = keyOf(contact, kind)
    await running.get(key)
    const run = store(contact, kind)
    running.set(key, run)
    await run
    running.delete(key)
  }

  async function store(contact: string, kind: DraftKind): Promise<void> {
    const key = keyOf(contact, kind)
    const draft = of(contact, kind)
    const text = draft.text
    draft.status = 'saving'
    try {
      const body = { text, attachments: draft.attachments }
      const saved = await api.saveDraft(contact, kind, draft.version, body as unknown as Record<string, unknown>)
      Object.assign(draft, { saved: text, version: saved.version, savedAt: saved.saved_at, status: 'idle' })
      if (draft.text === text) localStorage.removeItem(localKey(key))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      draft.status = 'waiting'
      if (error.status === 409) {
        draft.version = 0
        await load(contact, kind)
      }
    }
  }

  /** An open form of the contact takes part in `flush`; it answers whether all of it is saved. Returns how to leave. */
  function onFlush(contact: string, save: () => Promise<boolean>): () => void {
    const own = forms.get(contact) ?? new Set()
    forms.set(contact, own.add(save))
    return () => void own.delete(save)
  }

  /**
   * Saves what is not saved yet: before a transfer, so that the next one has every letter. Throws `Problem` code
   * `draft_unsaved` when that does not succeed.
   */
  async function flush(contact: string): Promise<void> {
    const kept = await Promise.all([
      flushText(contact, 'reply'),
      flushText(contact, 'note'),
      ...[...(forms.get(contact) ?? [])].map((save) => save()),
    ])
    if (!kept.every(Boolean)) throw new Problem({ status: 409, code: 'draft_unsaved' })
  }

  async function flushText(contact: string, kind: DraftKind): Promise<boolean> {
    const draft = of(contact, kind)
    for (let tries = 0; tries < mostTries && draft.text !== draft.saved; tries += 1) {
      window.clearTimeout(timers.get(keyOf(contact, kind)))
      await save(contact, kind)
    }
    return draft.text === draft.saved
  }

  /** The text was sent: nothing is left to keep. */
  async function drop(contact: string, kind: DraftKind): Promise<void> {
    const key = keyOf(contact, kind)
    window.clearTimeout(timers.get(key))
    await running.get(key)
    const { version, savedAt } = of(contact, kind)
    drafts.set(key, { ...fresh(), sentAfter: savedAt ?? '' })
    localStorage.removeItem(localKey(key))
    if (version > 0) await api.dropDraft(contact, kind).catch(absent)
  }

  function takeChange(change: Change): void {
    if (change.entity !== 'draft' || !change.data) return
    const found = change.data as Draft
    const draft = drafts.get(keyOf(found.contact_id, found.kind as DraftKind))
    if (draft && draft.status !== 'saving') take(draft, found)
  }

  function saveWaiting(): void {
    for (const [key, draft] of drafts) {
      const [contact = '', kind] = key.split('/')
      if (draft.text !== draft.saved) plan(contact, kind as DraftKind)
    }
  }

  useRealtime().listen({ onChange: takeChange, onOnline: saveWaiting })

  return { of, load, write, flush, onFlush, drop, save, takeChange }
})

/** There is no draft, or no line to ask by: both leave what is typed here as it is. */
function absent(error: unknown): null {
  if (!(error instanceof Problem)) throw error
  return null
}
