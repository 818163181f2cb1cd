import type { MessageInput } from '../api/models'

/** A message that the server has not confirmed yet. Its client id makes sending it twice harmless. */
export interface Outgoing {
  contactId: string
  body: MessageInput
  writtenAt: string
  refusal: string | null
}

/** Kept on this machine, so that a reload or a crash loses nothing that was sent. */
export class OutgoingShelf {
  constructor(private readonly key: string) {}

  read(): Outgoing[] {
    return JSON.parse(localStorage.getItem(this.key) ?? '[]') as Outgoing[]
  }

  write(waiting: Outgoing[]): void {
    if (waiting.length === 0) localStorage.removeItem(this.key)
    else localStorage.setItem(this.key, JSON.stringify(waiting))
  }
}
