import type { Department, DepartmentInput } from '../api/models'

export const freshDepartment = (): DepartmentInput => ({
  name: '',
  name_en: '',
  duties: '',
  number: '',
  every_day: false,
  opens: '',
  closes: '',
  deputy: '',
  deputy_number: '',
  based_on: 0,
})

export const formOf = (one: Department): DepartmentInput => ({
  name: one.name,
  name_en: one.name_en,
  duties: one.duties,
  number: one.number,
  every_day: one.every_day,
  opens: one.opens,
  closes: one.closes,
  deputy: one.deputy,
  deputy_number: one.deputy_number,
  based_on: one.version,
})

const isNumber = (text: string): boolean => /^(\+?[0-9][0-9 ()-]*)?$/.test(text.trim())

/** What is wrong with a form, as the name of its sentence; empty when it can be saved. */
export function wrongWith(form: DepartmentInput): '' | 'name' | 'number' | 'hours' {
  if (!form.name.trim()) return 'name'
  if (!isNumber(form.number ?? '') || !isNumber(form.deputy_number ?? '')) return 'number'
  const both = Boolean(form.opens) === Boolean(form.closes)
  return both && (!form.opens || form.opens !== form.closes) ? '' : 'hours'
}
