import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '../api/desk'
import type { CallInput } from '../api/models'
import { usePhone } from './phone'

/** How long a call that was asked for is awaited: then its offer is one like any other. */
const awaitedMs = 30_000

/** Calls that the agent makes: asked for here, offered to nobody else, and then accepted without another key. */
export const useDialling = defineStore('dialling', () => {
  const phone = usePhone()
  /** The contact of the call that is about to come, and whom it reaches. */
  const awaited = ref({ contactId: '', label: '' })
  const asking = ref(false)
  let timer = 0

  async function make(label: string, ask: () => Promise<{ contact_id: string }>): Promise<string> {
    asking.value = true
    try {
      const made = await ask()
      awaited.value = { contactId: made.contact_id, label }
      window.clearTimeout(timer)
      timer = window.setTimeout(settle, awaitedMs)
      phone.expect(made.contact_id)
      return made.contact_id
    } finally {
      asking.value = false
    }
  }

  const settle = (): void => void (awaited.value = { contactId: '', label: '' })

  /** Somebody about a contact: a number, an address of the citizen that stays masked, or whoever the contact is from. */
  const dial = (contactId: string, label: string, to: Partial<CallInput>): Promise<string> =>
    make(label, () => api.dial(contactId, to))
  /** Somebody who hung up before anybody answered. */
  const returnCall = (contactId: string, label: string): Promise<string> => make(label, () => api.returnCall(contactId))

  return { awaited, asking, dial, returnCall, settle }
})
