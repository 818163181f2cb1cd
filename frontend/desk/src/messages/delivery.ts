import type { Tone } from '@axd/shared/components/SharedWord.vue'
import type { IconName } from '@axd/shared/icons/icons'

/** Ticks for the delivery states of the outbox; the word stands beside them. */
export const deliveryLooks: Record<string, { icon: IconName; tone: Tone }> = {
  queued: { icon: 'clock', tone: 'idle' },
  sending: { icon: 'send', tone: 'idle' },
  sent: { icon: 'check', tone: 'idle' },
  delivered: { icon: 'read', tone: 'ok' },
  read: { icon: 'read', tone: 'ok' },
  failed: { icon: 'stop', tone: 'bad' },
}
