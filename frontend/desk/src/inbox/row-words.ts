import type { Tone } from '@axd/shared/components/SharedWord.vue'
import type { IconName } from '@axd/shared/icons/icons'
import { clock as clockWord } from '@axd/shared/time/words'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ContactSummary } from '../api/models'
import { useClock, useTimeWords } from '../i18n/time'
import { useSession } from '../stores/session'
import { dueWord } from './due'
import { ourTurn } from './sections'

export interface RowWord {
  icon: IconName
  tone: Tone
  text: string
}

/** The third line of a row: what is due, whose turn it is, the draft; in words, with its icon. */
export function useRowWords(row: () => ContactSummary): ComputedRef<RowWord> {
  const { t } = useI18n()
  const clock = useClock()
  const session = useSession()
  const { spanWord, when } = useTimeWords()

  const parked = (one: ContactSummary): RowWord => ({
    icon: 'hourglass',
    tone: 'idle',
    text: t('inbox.parkedUntil', {
      reason: one.park_reason ?? '',
      when: one.parked_until ? when(one.parked_until) : '',
    }),
  })
  function wrapUp(one: ContactSummary): RowWord {
    const leftMs = Date.parse(one.wrap_up_until ?? '') - clock.value
    const key = leftMs >= 0 ? 'inbox.wrapUp' : 'inbox.wrapUpOver'
    return {
      icon: 'edit',
      tone: leftMs >= 0 ? 'info' : 'warn',
      text: t(key, { clock: clockWord(Math.abs(leftMs) / 1000) }),
    }
  }
  function due(one: ContactSummary): RowWord | null {
    if (!one.due_at || !(ourTurn(one) || one.status === 'queued')) return null
    const word = dueWord(one.due_at, clock.value)
    return { icon: word.icon, tone: word.tone, text: t(`inbox.${word.key}`, { span: spanWord(word.ms) }) }
  }

  return computed(() => {
    const one = row()
    if (one.status === 'parked') return parked(one)
    if (one.status === 'wrap_up') return wrapUp(one)
    if (one.status === 'closed') return { icon: 'check', tone: 'idle', text: t('inbox.closed') }
    if (one.status === 'abandoned') return { icon: 'x', tone: 'idle', text: t('inbox.abandoned') }
    if (one.agent_id && one.agent_id !== session.me?.id)
      return { icon: 'user', tone: 'idle', text: t('inbox.handledBy', { name: one.agent_name }) }
    const word = due(one)
    if (one.has_draft)
      return {
        icon: 'edit',
        tone: word?.tone === 'idle' || !word ? 'info' : word.tone,
        text: [t('inbox.draft'), word?.text].filter(Boolean).join(' · '),
      }
    return word ?? { icon: 'user', tone: 'idle', text: t('inbox.theirsToAnswer') }
  })
}
