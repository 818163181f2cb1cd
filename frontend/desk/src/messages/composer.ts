import { useThrottleFn } from '@vueuse/core'
import { ElMessage } from 'element-plus'
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../api/desk'
import { useProblemText } from '../api/problem-text'
import { useDrafts, type DraftKind } from '../stores/drafts'
import { useOutgoing } from '../stores/outgoing'
import { useRealtime } from '../stores/realtime'
import { useThread } from '../stores/thread'
import { keptWay, wayKey } from './ways'

const typingEveryMs = 3000

/** What is being written to one contact: draft, attachments, channel, sending. */
export function useComposer(contactId: () => string) {
  const { t } = useI18n()
  const { attempt } = useProblemText()
  const drafts = useDrafts()
  const outgoing = useOutgoing()
  const realtime = useRealtime()
  const thread = useThread()
  const kind = ref<DraftKind>('reply')
  const way = ref('')
  const uploading = ref<string[]>([])

  const draft = computed(() => drafts.of(contactId(), kind.value))
  const ways = computed(() => thread.detail?.reply_ways ?? [])
  const chosen = computed(() => ways.value.find((one) => wayKey(one) === way.value))
  const channel = computed(() => chosen.value?.channel ?? '')
  const isOpen = computed(() => ['active', 'parked'].includes(thread.contact?.status ?? ''))
  const canReply = computed(() => thread.isMine && isOpen.value && ways.value.some((one) => !one.forbidden))
  /** Until the contact is loaded nobody knows whether it can be answered: what is typed meanwhile is a reply that waits. */
  const known = computed(() => thread.detail?.id === contactId())
  const written = computed(() => draft.value.text.trim() !== '' || draft.value.attachments.length > 0)
  const ready = computed(
    () => uploading.value.length === 0 && written.value && (kind.value === 'note' || canReply.value),
  )

  // Again once it is in one's hands: who had it before may have written until the last moment.
  watch(
    [contactId, () => thread.isMine] as const,
    ([id]) => {
      void drafts.load(id, 'reply')
      void drafts.load(id, 'note')
    },
    { immediate: true },
  )
  watch(ways, (known) => (way.value = keptWay(known, way.value)), { immediate: true })
  /** A note that is being written stays a note: what was meant for colleagues must not go on as a reply. */
  watch(
    [known, canReply],
    ([isKnown, can]) => {
      if (!isKnown) return
      if (!can) kind.value = 'note'
      else if (drafts.of(contactId(), 'note').text === '') kind.value = 'reply'
    },
    { immediate: true },
  )

  const tellTyping = useThrottleFn(
    () => realtime.send({ type: 'typing', contact_id: contactId(), on: true }),
    typingEveryMs,
  )
  const tellStopped = (): boolean => realtime.send({ type: 'typing', contact_id: contactId(), on: false })

  function write(text: string): void {
    drafts.write(contactId(), kind.value, text)
    if (kind.value === 'reply') void tellTyping()
  }

  /** Returns whether something was sent. */
  async function send(): Promise<boolean> {
    if (!ready.value) return false
    const { text, attachments } = draft.value
    const body = {
      client_id: crypto.randomUUID(),
      kind: kind.value,
      text,
      channel: kind.value === 'reply' ? channel.value : null,
      address_id: kind.value === 'reply' ? (chosen.value?.address_id ?? null) : null,
      attachment_ids: attachments.map((one) => one.id),
    }
    const sending = outgoing.send(contactId(), body)
    if (realtime.state !== 'online') ElMessage.info(t('thread.queuedOffline'))
    await Promise.all([sending, drafts.drop(contactId(), kind.value)])
    tellStopped()
    return true
  }

  async function attach(files: Iterable<File>): Promise<void> {
    const [id, to] = [contactId(), kind.value]
    for (const file of files) {
      uploading.value.push(file.name)
      const stored = await attempt(() => api.upload(file))
      uploading.value = uploading.value.filter((name) => name !== file.name)
      if (stored) drafts.of(id, to).attachments.push(stored)
    }
    await drafts.save(id, to)
  }

  async function detach(attachmentId: string): Promise<void> {
    const at = draft.value.attachments.findIndex((one) => one.id === attachmentId)
    if (at >= 0) draft.value.attachments.splice(at, 1)
    await drafts.save(contactId(), kind.value)
  }

  function takeTheirs(): void {
    if (draft.value.theirs !== null) drafts.write(contactId(), kind.value, draft.value.theirs)
    draft.value.theirs = null
  }
  const keepMine = (): void => void (draft.value.theirs = null)

  return {
    kind,
    channel,
    way,
    ways,
    draft,
    isOpen,
    canReply,
    ready,
    uploading,
    write,
    send,
    attach,
    detach,
    takeTheirs,
    keepMine,
  }
}
