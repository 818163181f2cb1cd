import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from './stores/session'

export interface PageMeta {
  /** Any of these rights lists and opens the page. */
  needs: string[]
}

export type Page = RouteRecordRaw & { name: string; meta: PageMeta & Record<string, unknown> }

/** In the order of the rail. */
export const pages: Page[] = [
  {
    name: 'inbox',
    path: '/inbox/:id?',
    meta: { needs: ['contacts.handle', 'contacts.see_all'] },
    component: () => import('./inbox/InboxPage.vue'),
  },
  {
    name: 'callbacks',
    path: '/callbacks',
    meta: { needs: ['contacts.handle'] },
    component: () => import('./calls/CallBackPage.vue'),
  },
  {
    name: 'cases',
    path: '/cases/:id?',
    meta: { needs: ['cases.read'] },
    component: () => import('./cases/CaseListPage.vue'),
  },
  {
    name: 'letters',
    path: '/letters',
    meta: { needs: ['contacts.handle'] },
    component: () => import('./letters/LetterPage.vue'),
  },
  { name: 'board', path: '/board', meta: { needs: ['board.read'] }, component: () => import('./board/BoardPage.vue') },
  {
    name: 'satisfaction',
    path: '/satisfaction',
    meta: { needs: ['board.read'] },
    component: () => import('./board/BoardSatisfactionPage.vue'),
  },
  {
    name: 'skills',
    path: '/skills',
    meta: { needs: ['skills.write'] },
    component: () => import('./skills/SkillsPage.vue'),
  },
  {
    name: 'quarantine',
    path: '/quarantine',
    meta: { needs: ['quarantine.handle'] },
    component: () => import('./channels/ChannelQuarantinePage.vue'),
  },
  {
    name: 'mailboxes',
    path: '/mailboxes',
    meta: { needs: ['channels.write'] },
    component: () => import('./channels/ChannelMailboxesPage.vue'),
  },
  {
    name: 'bots',
    path: '/bots',
    meta: { needs: ['channels.write'] },
    component: () => import('./channels/ChannelBotsPage.vue'),
  },
  {
    name: 'sms',
    path: '/sms',
    meta: { needs: ['channels.write'] },
    component: () => import('./channels/ChannelSmsPage.vue'),
  },
  {
    name: 'lines',
    path: '/lines',
    meta: { needs: ['channels.write'] },
    component: () => import('./channels/ChannelLinesPage.vue'),
  },
  {
    name: 'telephony',
    path: '/telephony/:part?/:key?',
    meta: { needs: ['channels.write', 'agents.supervise'] },
    component: () => import('./telephony/TelephonyPage.vue'),
  },
  {
    name: 'texts',
    path: '/texts',
    meta: { needs: ['channels.write'] },
    component: () => import('./channels/ChannelTextsPage.vue'),
  },
  {
    name: 'staff',
    path: '/staff',
    meta: { needs: ['accounts.write'] },
    component: () => import('./staff/StaffPage.vue'),
  },
]

export const router = createRouter({
  history: createWebHistory('/desk/'),
  routes: [
    { name: 'login', path: '/login', component: () => import('./staff/StaffLogin.vue') },
    { path: '/', redirect: () => ({ name: firstPage() }) },
    ...pages,
    { name: 'missing', path: '/:rest(.*)*', component: () => import('./shell/ShellMissing.vue') },
  ],
})

function firstPage(): string {
  const session = useSession()
  return pages.find((page) => session.canAny(page.meta.needs))?.name ?? 'missing'
}

router.beforeEach(async (to) => {
  const session = useSession()
  if (!session.loaded) await session.load()
  const inside = session.me !== null && !session.me.must_change_password
  if (to.name === 'login') return inside ? '/' : true
  if (!inside) return { name: 'login', query: to.path === '/' ? {} : { to: to.fullPath } }
  return session.canAny(to.meta.needs as string[] | undefined)
    ? true
    : { name: 'missing', params: { rest: to.path.slice(1).split('/') } }
})
