import type { Department } from '../api/models'

/** Somebody of the directory who can be rung: a department, or who is asked in its place. */
export interface Reachable {
  /** As the server knows it: `department:<id>` or `deputy:<id>`. */
  to: string
  label: string
  number: string
}

export function reachable(one: Department, name: string): Reachable[] {
  const deputy = one.deputy ? `${name} ${one.deputy}` : name
  return [
    { to: `department:${one.id}`, label: name, number: one.number },
    { to: `deputy:${one.id}`, label: deputy, number: one.deputy_number },
  ].filter((way) => way.number)
}

/** Whose name, duty, number or deputy holds every word of `query`. */
export function found(departments: readonly Department[], query: string): Department[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return departments.filter((one) => {
    const text = [one.name, one.name_en, one.duties, one.number, one.deputy, one.deputy_number].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
