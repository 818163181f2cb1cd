export type WakeChoice = 'hour' | 'tomorrow' | 'threeDays' | 'week' | 'pick'

export const wakeChoices: WakeChoice[] = ['hour', 'tomorrow', 'threeDays', 'week', 'pick']

const morningHour = 9

/** The moment of a quick choice, counted from `now`; days begin in the morning. */
export function wakeAt(choice: Exclude<WakeChoice, 'pick'>, now: Date): Date {
  if (choice === 'hour') return new Date(now.getTime() + 3_600_000)
  const days = { tomorrow: 1, threeDays: 3, week: 7 }[choice]
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, morningHour)
}
