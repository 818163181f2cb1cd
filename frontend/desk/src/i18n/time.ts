import { useNow } from '@vueuse/core'
import { dayDistance, span } from '@axd/shared/time/words'
import { computed, ref, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'

const local = useNow({ interval: 1000 })
const aheadMs = ref(0)

/** Deadlines are the server's: what this machine's clock is off by is taken into account. */
export function setServerTime(iso: string): void {
  aheadMs.value = Date.parse(iso) - Date.now()
}

/** This machine's own time, for what began here: how long the line has been down. */
export const useOwnClock = (): ComputedRef<number> => computed(() => local.value.getTime())

/** One second hand for the whole page, by the server's time. */
const now = computed(() => new Date(local.value.getTime() + aheadMs.value))

export const useClock = (): ComputedRef<number> => computed(() => now.value.getTime())

/** Times in words of the user's language; every function reads the second hand, so words stay true. */
export function useTimeWords() {
  const { t, locale } = useI18n()
  const format = (at: Date, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale.value, options).format(at)

  const spanWord = (ms: number): string => {
    const { unit, n } = span(ms)
    return t(`words.${unit}`, { n })
  }
  const time = (iso: string): string => format(new Date(iso), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const date = (iso: string): string => format(new Date(iso), { month: 'short', day: 'numeric' })
  const fullDay = (iso: string): string => {
    const word = format(new Date(iso), { month: 'short', day: 'numeric', weekday: 'long' })
    return dayDistance(new Date(iso), now.value) === 0
      ? `${t('words.today')} ${format(new Date(iso), { weekday: 'long' })}`
      : word
  }

  /** 刚刚, 4 分前, 09:05, 昨天 09:20, 11月20日. */
  const ago = (iso: string): string => {
    const at = new Date(iso)
    const age = now.value.getTime() - at.getTime()
    if (age < 60_000) return t('words.justNow')
    if (age < 3_600_000) return t('words.ago', { span: spanWord(age) })
    return when(iso)
  }
  /** A moment, past or to come: 09:05, 昨天 09:20, 明天 10:30, 11月20日. */
  const when = (iso: string): string => {
    const distance = dayDistance(new Date(iso), now.value)
    if (distance === 0) return time(iso)
    if (distance === -1) return t('words.dayAt', { day: t('words.yesterday'), time: time(iso) })
    if (distance === 1) return t('words.dayAt', { day: t('words.tomorrow'), time: time(iso) })
    return date(iso)
  }
  const full = (iso: string): string =>
    format(new Date(iso), {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })

  return { spanWord, time, date, fullDay, ago, when, full }
}
