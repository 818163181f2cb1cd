import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { barsOf, half } from '../src/calls/wave'
import { withNumbers } from '../src/calls/numbers'
import { mergeForm } from '../src/messages/drafts'
import { withRecordings, type ThreadEntry } from '../src/messages/blocks'
import type { Recording, ThreadItem } from '../src/api/models'
import { useDrafts } from '../src/stores/drafts'
import { useFormDraft } from '../src/stores/forms'

interface Fields {
  title: string
  urgent: boolean
}

/** Keeps one form; a save must be based on the newest version. */
class FormServer {
  version = 0
  body: Partial<Fields> = {}

  readonly fetch = async (request: Request): Promise<Response> => {
    if (request.method === 'GET') return this.answer(200, this.version === 0 ? null : this.view())
    const { version, body } = (await request.json()) as { version: number; body: Fields }
    if (version !== this.version) return this.answer(409, { code: 'draft_changed' })
    this.put(body)
    return this.answer(200, this.view())
  }

  put(body: Partial<Fields>): void {
    this.version += 1
    this.body = body
  }

  private view = () => ({ contact_id: 'k', kind: 'case', version: this.version, body: this.body, saved_at: '' })

  private answer(status: number, body: unknown): Response {
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  }
}

describe('an unfinished form', () => {
  const realFetch = globalThis.fetch
  let server: FormServer
  let scope: EffectScope
  beforeEach(() => {
    server = new FormServer()
    globalThis.fetch = server.fetch as typeof fetch
    setActivePinia(createPinia())
    scope = effectScope()
  })
  afterEach(() => {
    scope.stop()
    globalThis.fetch = realFetch
  })

  const opened = (mine = true) => {
    const form = ref<Fields>({ title: '', urgent: false })
    scope.run(() => useFormDraft('k', 'case', form, () => mine))
    return form
  }

  it('is saved to the last letter before a transfer', async () => {
    const form = opened()
    form.value.title = '高企复'
    await useDrafts().flush('k')
    expect(server.body).toEqual({ title: '高企复', urgent: false })
  })

  it('takes in what was saved elsewhere meanwhile, field by field, and keeps what is typed here', async () => {
    const form = opened()
    await useDrafts().flush('k')
    server.put({ title: '别处写的', urgent: true })
    form.value.title = '这里写的'
    await useDrafts().flush('k')
    expect(form.value).toEqual({ title: '这里写的', urgent: true })
    expect(server.body).toEqual(form.value)
  })

  it('is not kept by somebody who only looks', async () => {
    opened(false).value.title = '看看'
    await useDrafts().flush('k')
    expect(server.version).toBe(0)
  })

  it('stops the transfer when it cannot be saved', async () => {
    const form = opened()
    await useDrafts().flush('k')
    globalThis.fetch = () => Promise.resolve(new Response('{"code":"unavailable"}', { status: 503 }))
    form.value.title = '写了一半'
    await expect(useDrafts().flush('k')).rejects.toMatchObject({ code: 'draft_unsaved' })
  })

  it('merges by field', () => {
    const base = { one: 1, two: 2, three: 3 }
    expect(mergeForm(base, { ...base, one: 9 }, { ...base, one: 5, two: 7 })).toEqual({ one: 9, two: 7, three: 3 })
  })
})

describe('numbers in what people wrote', () => {
  it('finds those that can be dialled and leaves the text as it is', () => {
    const text = '请打13800138000或0755-8812 3400，编号20261124000131，身份证440300199001011234'
    const parts = withNumbers(text)
    expect(parts.map((part) => part.text).join('')).toBe(text)
    expect(parts.flatMap((part) => part.number ?? [])).toEqual(['13800138000', '075588123400'])
  })

  it('leaves masked numbers and plain text alone', () => {
    expect(withNumbers('138****8000')).toEqual([{ text: '138****8000' }])
    expect(withNumbers('')).toEqual([{ text: '' }])
  })
})

describe('recordings in the thread', () => {
  const item = (id: string, created_at: string): ThreadEntry => ({
    kind: 'item',
    key: id,
    item: { created_at } as ThreadItem,
  })

  it('stand where the call began', () => {
    const entries = [item('a', '2026-11-24T02:00:00Z'), item('b', '2026-11-24T02:05:00Z')]
    const recording = { id: 'r', started_at: '2026-11-24T02:01:00Z' } as Recording
    expect(withRecordings(entries, [recording]).map((entry) => entry.key)).toEqual(['a', 'r', 'b'])
    expect(withRecordings([], [recording]).map((entry) => entry.key)).toEqual(['r'])
  })

  it('show the citizen above and the agent below, each as loud as it was', () => {
    const bars = barsOf({ duration_ms: 1000, citizen: [0, 100], others: [50, 0] }, 2)
    const [quiet, loud] = bars.filter((bar) => bar.side === 'citizen')
    expect(loud!.height).toBeGreaterThan(quiet!.height * 10)
    expect(loud!.y + loud!.height).toBe(half)
    expect(bars.filter((bar) => bar.side === 'others').every((bar) => bar.y === half)).toBe(true)
    expect(barsOf({ duration_ms: 1000, citizen: [5], others: [] }, 8)).toHaveLength(8)
  })
})
