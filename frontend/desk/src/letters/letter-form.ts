import type { Attachment, LetterInput } from '../api/models'

/** One page of the paper: a picture as the browser shows it, and the upload once it is stored. */
export interface Page {
  key: string
  name: string
  /** An address of this page only; empty for a PDF. */
  picture: string
  upload: Attachment | null
}

export const kinds = ['inquiry', 'complaint', 'suggestion', 'report', 'application'] as const
export const forms = ['ordinary', 'registered', 'express', 'by_hand'] as const
export const scanTypes = 'image/*,application/pdf'

/** The calendar day here, as the form's date fields write it. */
export function dayOf(now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

export const emptyLetter = (now: Date): LetterInput => ({
  client_id: crypto.randomUUID(),
  channel: 'letter',
  kind: 'inquiry',
  form: 'ordinary',
  sender: '',
  phone: '',
  postal_address: '',
  dated: null,
  received_on: dayOf(now),
  subject: '',
  text: '',
  language: 'zh-CN',
  attachment_ids: [],
  confirmed: false,
})

/** What is sent: pages in their order, empty dates as none, and nothing that only a letter has for a visit. */
export function bodyOf(form: LetterInput, pages: Page[], confirmed: boolean): LetterInput {
  const visit = form.channel === 'visit'
  return {
    ...form,
    form: visit ? '' : form.form,
    dated: visit ? null : form.dated || null,
    attachment_ids: pages.flatMap((page) => (page.upload ? [page.upload.id] : [])),
    confirmed,
  }
}

export function moved<T>(list: T[], from: number, to: number): T[] {
  const rest = list.filter((_, place) => place !== from)
  return to < 0 || to > rest.length ? list : [...rest.slice(0, to), list[from]!, ...rest.slice(to)]
}
