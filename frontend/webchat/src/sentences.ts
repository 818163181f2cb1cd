// Times, waits and numbers as sentences of the citizen's language.
import type { Availability } from './protocol'
import type { ChatState } from './state'
import { fill, type Words } from './words'

export function minutes(lowS: number, highS: number): { low: number; high: number } {
  const low = Math.max(1, Math.floor(lowS / 60))
  return { low, high: Math.max(low + 1, Math.ceil(highS / 60)) }
}

export function availabilityText(words: Words, now: Availability): string {
  if (!now.reachable) return now.reason === 'closed' ? words.offlineClosed : words.offlineBusy
  if (now.wait_low_s === null || now.wait_high_s === null) return words.readyOpen
  return now.wait_high_s < 60 ? words.readySoon : fill(words.ready, minutes(now.wait_low_s, now.wait_high_s))
}

export function statusText(words: Words, state: ChatState, now: Availability | null): string {
  switch (state.status) {
    case 'waiting':
    case 'offered':
      return state.waitingText
    case 'active':
      return state.staffNumber ? fill(words.active, { staff: state.staffNumber }) : words.activePlain
    case 'closed':
      return now && !now.reachable ? words.closedOut : words.closed
    case 'offline':
      return words.offlineBusy
    case 'new':
      return now ? availabilityText(words, now) : ''
  }
}

export function clockText(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(iso))
}

export function dayText(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { month: language.startsWith('en') ? 'short' : 'long', day: 'numeric' }).format(new Date(iso))
}

/** 14 digits in the groups in which they are read aloud: day, serial, check digit. */
export function spaced(number: string): string {
  return /^\d{14}$/.test(number) ? `${number.slice(0, 8)} ${number.slice(8, 13)} ${number.slice(13)}` : number
}
