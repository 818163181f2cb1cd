import type { CaseChange, CaseDetail } from '../api/models'

export interface CaseFormFields {
  kind: string
  category: string
  title: string
  summary: string
  urgency: 'normal' | 'urgent' | 'emergency'
  department_id: string
  due_on: string
  confidential: boolean
}

export const emptyForm = (): CaseFormFields => ({
  kind: '',
  category: '',
  title: '',
  summary: '',
  urgency: 'normal',
  department_id: '',
  due_on: '',
  confidential: false,
})

export const formOf = (one: CaseDetail): CaseFormFields => ({
  kind: one.kind,
  category: one.category,
  title: one.title,
  summary: one.summary,
  urgency: one.urgency as CaseFormFields['urgency'],
  department_id: one.department_id ?? '',
  due_on: one.due_on ?? '',
  confidential: one.confidential,
})

export const mandatory = ['kind', 'category', 'title', 'summary'] as const

/** The names of the mandatory fields that are still empty. */
export const missingFields = (form: CaseFormFields): (typeof mandatory)[number][] =>
  mandatory.filter((field) => form[field].trim() === '')

/** What differs from what is stored; an emptied department or date is sent as null. */
export function changesOf(form: CaseFormFields, stored: CaseFormFields): Omit<CaseChange, 'version'> {
  const fields = (Object.keys(form) as (keyof CaseFormFields)[]).filter((field) => form[field] !== stored[field])
  return Object.fromEntries(fields.map((field) => [field, form[field] === '' ? null : form[field]]))
}

/** The fields of a case out of more. */
export const pick = (from: CaseFormFields): CaseFormFields => {
  const fields = Object.keys(emptyForm()) as (keyof CaseFormFields)[]
  return Object.fromEntries(fields.map((field) => [field, from[field]])) as unknown as CaseFormFields
}
