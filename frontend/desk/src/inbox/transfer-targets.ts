import { computed, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useProblemText } from '../api/problem-text'
import { useReference } from '../stores/reference'
import { useSession } from '../stores/session'

type TransferKind = 'agent' | 'queue' | 'skill' | 'department' | 'number'

/** Whom a dialog can transfer to: colleagues, queues but the contact's own, skills. Chosen anew each time it opens. */
export function useTransferTargets<Kind extends TransferKind>(
  open: Ref<boolean>,
  queueId: () => string | null | undefined,
) {
  const { t } = useI18n()
  const { attempt } = useProblemText()
  const reference = useReference()
  const session = useSession()
  const to = ref('agent') as Ref<Kind>
  const targetId = ref('')

  watch(open, (now) => {
    if (now) void attempt(reference.load)
  })
  watch([to, open], () => (targetId.value = ''))

  const targets = computed(() => {
    const lists = reference.lists
    if (!lists) return []
    if (to.value === 'queue')
      return lists.queues
        .filter((queue) => queue.id !== queueId())
        .map((queue) => ({ id: queue.id, label: reference.named(queue) }))
    if (to.value === 'skill') return lists.skills.map((skill) => ({ id: skill.id, label: reference.named(skill) }))
    return lists.colleagues
      .filter((one) => one.id !== session.me?.id)
      .map((one) => ({
        id: one.id,
        label: `${one.display_name} ${one.staff_number} (${t(`inbox.presence.${one.state}`)})`,
      }))
  })
  return { to, targetId, targets }
}
