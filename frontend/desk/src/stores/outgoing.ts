import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '../api/desk'
import type { MessageInput, ThreadItem } from '../api/models'
import { Problem } from '../api/problem'
import { OutgoingShelf, type Outgoing } from '../messages/outgoing'
import { useRealtime } from './realtime'
import { useSession } from './session'

/** What was sent but not yet confirmed: in order, tried again when the line is back. */
export const useOutgoing = defineStore('outgoing', () => {
  const session = useSession()
  const shelf = new OutgoingShelf(`axd.outgoing.${session.me?.id}`)
  const waiting = ref<Outgoing[]>(shelf.read())
  let confirmed: (item: ThreadItem) => void = () => undefined
  let running = false

  function keep(next: Outgoing[]): void {
    waiting.value = next
    shelf.write(next)
  }

  async function send(contactId: string, body: MessageInput): Promise<void> {
    keep([...waiting.value, { contactId, body, writtenAt: new Date().toISOString(), refusal: null }])
    await flush()
  }

  /** A refused one stays where it was written, with the reason, until it is tried again or taken away. */
  async function flush(): Promise<void> {
    if (running) return
    running = true
    try {
      for (let next = first(); next; next = first()) if (!(await deliver(next))) break
    } finally {
      running = false
    }
  }

  const first = (): Outgoing | undefined => waiting.value.find((one) => one.refusal === null)

  async function deliver(one: Outgoing): Promise<boolean> {
    try {
      confirmed(await api.send(one.contactId, one.body))
      keep(waiting.value.filter((other) => other.body.client_id !== one.body.client_id))
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const temporary = error.status === 0 || error.status === 401 || error.status >= 500
      if (!temporary) refuse(one, error)
      return !temporary
    }
  }

  function refuse(one: Outgoing, problem: Problem): void {
    keep(
      waiting.value.map((other) =>
        other.body.client_id === one.body.client_id ? { ...other, refusal: problem.code } : other,
      ),
    )
  }

  async function again(clientId: string): Promise<void> {
    keep(waiting.value.map((one) => (one.body.client_id === clientId ? { ...one, refusal: null } : one)))
    await flush()
  }

  const drop = (clientId: string): void => keep(waiting.value.filter((one) => one.body.client_id !== clientId))

  useRealtime().listen({ onOnline: () => void flush() })

  return {
    waiting,
    send,
    flush,
    again,
    drop,
    whenConfirmed: (run: (item: ThreadItem) => void) => void (confirmed = run),
  }
})
