const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Seconds as 02:16, or 1:02:16 from an hour on; never negative. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

export interface Span {
  unit: 'seconds' | 'minutes' | 'hours' | 'days'
  n: number
}

/** A length of time in its largest whole unit, rounded down: 48 seconds, 21 minutes, 2 hours, 3 days. */
export function span(ms: number): Span {
  const length = Math.abs(ms)
  if (length < minuteMs) return { unit: 'seconds', n: Math.floor(length / 1000) }
  if (length < hourMs) return { unit: 'minutes', n: Math.floor(length / minuteMs) }
  if (length < dayMs) return { unit: 'hours', n: Math.floor(length / hourMs) }
  return { unit: 'days', n: Math.floor(length / dayMs) }
}

/** Days from `now` to `then` by the calendar of the given time zone: 0 is today, -1 yesterday. */
export function dayDistance(then: Date, now: Date, timeZone?: string): number {
  const day = (date: Date): number => {
    const text = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }).format(date)
    return Date.parse(`${text}T00:00:00Z`) / dayMs
  }
  return day(then) - day(now)
}
