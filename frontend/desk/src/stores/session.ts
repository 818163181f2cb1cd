import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { setCsrfToken } from '../api/client'
import { api } from '../api/desk'
import type { SessionInfo } from '../api/models'
import { Problem } from '../api/problem'
import { proposeLanguage } from '../i18n'

export const useSession = defineStore('session', () => {
  const info = ref<SessionInfo | null>(null)
  const loaded = ref(false)
  const me = computed(() => info.value?.account ?? null)
  const rights = computed(() => new Set(info.value?.permissions))

  function take(session: SessionInfo | null): void {
    info.value = session
    loaded.value = true
    setCsrfToken(session?.csrf_token ?? '')
    if (session) proposeLanguage(session.account.language)
  }

  /** Asks the server who is signed in; nobody is an answer, too. */
  async function load(): Promise<void> {
    try {
      take(await api.session())
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error
      take(null)
    }
  }

  async function signIn(login: string, password: string): Promise<void> {
    take(await api.login(login, password))
  }

  async function signOut(): Promise<void> {
    await api.logout()
    take(null)
  }

  async function changePassword(current: string, fresh: string): Promise<void> {
    await api.password(current, fresh)
    await load()
  }

  const can = (permission: string): boolean => rights.value.has(permission)
  /** Whether this account has one of the rights; none named means that everybody may. */
  const canAny = (permissions?: string[]): boolean => permissions === undefined || permissions.some(can)

  return { info, loaded, me, load, signIn, signOut, changePassword, can, canAny, forget: () => take(null) }
})
