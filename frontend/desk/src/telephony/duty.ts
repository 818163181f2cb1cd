import type { Duty, DutyInput } from '../api/models'

export const STEPS = [1, 2, 3] as const

/** As the form holds it: local times without a zone, as the browser's fields give them. */
export interface DutyForm {
  step: number
  name: string
  account_id: string
  number: string
  starts: string
  ends: string
  /** The version that was read, 0 for a new duty. */
  based_on: number
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `2026-01-31T09:00` in the zone of this machine, for a field of type datetime-local. */
export const localTime = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`

/** A duty of the coming night: from six in the evening to nine in the morning. */
export function freshDuty(now: Date): DutyForm {
  const starts = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 18)
  const ends = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9)
  return {
    step: 1,
    name: '',
    account_id: '',
    number: '',
    starts: localTime(starts),
    ends: localTime(ends),
    based_on: 0,
  }
}

export const formOf = (duty: Duty): DutyForm => ({
  step: duty.step,
  name: duty.name,
  account_id: duty.account_id ?? '',
  number: duty.number,
  starts: localTime(new Date(duty.starts_at)),
  ends: localTime(new Date(duty.ends_at)),
  based_on: duty.version,
})

/** What is wrong with a form, as the name of its sentence; empty when it can be saved. */
export function wrongWith(form: DutyForm): '' | 'name' | 'reach' | 'end' {
  if (!form.name.trim()) return 'name'
  if (!form.account_id && !/^\+?[0-9]{2,20}$/.test(form.number.replace(/[\s-]/g, ''))) return 'reach'
  return Date.parse(form.ends) > Date.parse(form.starts) ? '' : 'end'
}

export const inputOf = (form: DutyForm): DutyInput => ({
  step: form.step,
  name: form.name.trim(),
  account_id: form.account_id || null,
  number: form.account_id ? '' : form.number.replace(/[\s-]/g, ''),
  starts_at: new Date(form.starts).toISOString(),
  ends_at: new Date(form.ends).toISOString(),
  based_on: form.based_on,
})

/** Stretches between `from` and `until` in which nobody of a step is on duty. Times in milliseconds. */
export function gaps(duties: readonly Duty[], step: number, from: number, until: number): [number, number][] {
  const held = duties
    .filter((duty) => duty.step === step)
    .map((duty): [number, number] => [Date.parse(duty.starts_at), Date.parse(duty.ends_at)])
    .sort(([one], [other]) => one - other)
  const found: [number, number][] = []
  let covered = from
  for (const [starts, ends] of held) {
    if (starts > covered && covered < until) found.push([covered, Math.min(starts, until)])
    covered = Math.max(covered, ends)
  }
  return covered < until ? [...found, [covered, until]] : found
}
