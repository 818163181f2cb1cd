import { client, take } from './client'
import type { LetterInput, PostedHow, SheetInput } from './models'

const { POST } = client
const messageAt = (message_id: string) => ({ params: { path: { message_id } } })

export const lettersApi = {
  register: (body: LetterInput) => take(POST('/api/desk/letters', { body })),
  sheet: (body: SheetInput) => take(POST('/api/desk/letters/sheet', { body, parseAs: 'blob' })),
  answer: (message_id: string) =>
    take(POST('/api/desk/messages/{message_id}/letter', { ...messageAt(message_id), parseAs: 'blob' })),
  posted: (message_id: string, how: PostedHow) =>
    take(POST('/api/desk/messages/{message_id}/posted', { ...messageAt(message_id), body: { how } })),
}

/** Shows a PDF in a page of its own, from where the browser prints it. */
export function openPdf(pdf: Blob): void {
  const url = URL.createObjectURL(pdf)
  window.open(url, '_blank', 'noopener')
  // The new page has read it long before that.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
