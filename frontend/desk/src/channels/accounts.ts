import { computed, onMounted, onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { useProblemText } from '../api/problem-text'
import { useRealtime } from '../stores/realtime'

/** The accounts of one kind, as the server has them, and the one in the dialog (none: a new one). */
export function useAccounts<A>(list: () => Promise<A[]>, entity: string) {
  const { attempt } = useProblemText()
  const accounts = shallowRef<A[] | null>(null)
  const chosen = shallowRef<A | null>(null)
  const editing = ref(false)

  async function load(): Promise<void> {
    accounts.value = (await attempt(list)) ?? accounts.value
  }
  function edit(account: A | null): void {
    chosen.value = account
    editing.value = true
  }

  onMounted(load)
  onUnmounted(
    useRealtime().listen({
      onChange: (change) => change.entity === entity && void load(),
      onSnapshot: () => void load(),
    }),
  )
  return { accounts, chosen, editing, load, edit }
}

interface Kind<A, F, I> {
  form: (account: A | null) => F
  /** What is sent; null while the form cannot be. */
  input: (form: F, account: A | null) => I | null
  create: (input: I) => Promise<unknown>
  change: (id: string, input: I) => Promise<unknown>
}

/** The form of an account in a dialog: filled when that opens, sent by `save`, which closes it where that goes well. */
export function useAccountForm<A extends { id: string }, F, I>(
  open: Ref<boolean>,
  account: () => A | null,
  kind: Kind<A, F, I>,
  changed: () => void,
) {
  const { attempt } = useProblemText()
  const form = ref(kind.form(null)) as Ref<F>
  const busy = ref(false)
  const input = computed(() => kind.input(form.value, account()))

  watch(open, (now) => {
    if (now) form.value = kind.form(account())
  })

  async function save(): Promise<void> {
    const [body, before] = [input.value, account()]
    if (body === null) return
    busy.value = true
    const saved = await attempt(() => (before ? kind.change(before.id, body) : kind.create(body)))
    busy.value = false
    if (!saved) return
    open.value = false
    changed()
  }
  return { form, ready: computed(() => input.value !== null && !busy.value), save }
}
