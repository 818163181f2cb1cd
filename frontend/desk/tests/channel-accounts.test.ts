import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Component } from 'vue'
import ChannelBotsPage from '../src/channels/ChannelBotsPage.vue'
import ChannelMailboxesPage from '../src/channels/ChannelMailboxesPage.vue'
import ChannelSmsPage from '../src/channels/ChannelSmsPage.vue'
import { i18n } from '../src/i18n'

const common = {
  id: 'a1',
  version: 1,
  name: '科技局',
  enabled: true,
  from_environment: false,
  state: 'retrying',
  last_success_at: null,
  last_error: '连不上',
  last_error_at: null,
}
const mailbox = {
  ...common,
  address: 'hotline@axd.test',
  imap_host: 'imap.axd.test',
  imap_port: 993,
  imap_security: 'tls',
  smtp_host: 'smtp.axd.test',
  smtp_port: 587,
  smtp_security: 'starttls',
  auth: 'password',
  username: 'hotline',
  folder: 'INBOX',
  profile: 'mail',
  fax_senders: null,
  fax_gateway: null,
}
const sms = {
  ...common,
  kind: 'aliyun',
  number: '+8675588121234',
  sign: '科技局',
  settings: { access_key_id: 'key' },
  throughput: 10,
  needs_template: true,
  inbound_url: 'https://axd.test/in',
  report_url: 'https://axd.test/report',
}
const bot = { ...common, username: 'axd_bot', mode: 'polling', language: 'zh-CN', webhook_path: '/telegram/a1' }

const kinds: [string, Component, string, object, string][] = [
  ['a mailbox', ChannelMailboxesPage, '/api/desk/mailboxes', mailbox, 'secret'],
  ['an SMS account', ChannelSmsPage, '/api/desk/sms/accounts', sms, 'secret'],
  ['a bot', ChannelBotsPage, '/api/desk/bots', bot, 'token'],
]
const head = { props: ['title'], template: '<header><slot name="end" /></header>' }
const asked: { method: string; path: string; body: Record<string, unknown> }[] = []
const plainFetch = globalThis.fetch
let listed: object[] = []

async function answer(request: Request): Promise<Response> {
  const { pathname: path } = new URL(request.url)
  const text = await request.text()
  if (request.method !== 'GET') asked.push({ method: request.method, path, body: text ? JSON.parse(text) : {} })
  if (path.endsWith('/check')) return Response.json({ ok: false, detail: '密码不对' })
  if (request.method === 'DELETE') return new Response(null, { status: 204 })
  return Response.json(request.method === 'GET' ? listed : listed[0])
}

function button(words: string): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find((one) => one.textContent?.includes(words))
  if (!found) throw new Error(`no button ${words}`)
  return found
}
async function click(words: string): Promise<void> {
  button(words).click()
  await flushPromises()
}

describe.each(kinds)('%s', (_, page, path, account, secret) => {
  let shown: ReturnType<typeof mount>

  beforeEach(async () => {
    setActivePinia(createPinia())
    asked.length = 0
    listed = [account]
    globalThis.fetch = answer as typeof fetch
    shown = mount(page, {
      attachTo: document.body,
      global: { plugins: [i18n], stubs: { ShellTop: head } },
    })
    await flushPromises()
  })
  afterEach(() => {
    shown.unmount()
    document.body.innerHTML = ''
    globalThis.fetch = plainFetch
  })

  it('is shown with what is wrong, and tried', async () => {
    expect(shown.text()).toContain('科技局')
    expect(shown.text()).toContain('连不上')
    await click('测试')
    expect(asked).toEqual([{ method: 'POST', path: `${path}/a1/check`, body: {} }])
    expect(shown.find('[role=status]').text()).toContain('密码不对')
  })

  it('keeps its secret when its form is saved with another name', async () => {
    await click('修改')
    const name = document.querySelector<HTMLInputElement>('form input')!
    expect(name.value).toBe('科技局')
    const password = document.querySelector<HTMLInputElement>('input[type=password]')!
    expect([password.value, password.placeholder]).toEqual(['', '留空则不变'])
    name.value = '工信局'
    name.dispatchEvent(new Event('input'))
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(asked.map(({ method, path: at }) => [method, at])).toEqual([['PATCH', `${path}/a1`]])
    expect(asked[0]!.body).toMatchObject({ name: '工信局', [secret]: null })
  })

  it('a new one cannot be saved before it is complete', async () => {
    await click('添加')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(button('保存').disabled).toBe(true)
    expect(asked).toEqual([])
  })

  it('of the environment cannot be changed here', async () => {
    shown.unmount()
    listed = [{ ...account, from_environment: true }]
    shown = mount(page, { attachTo: document.body, global: { plugins: [i18n], stubs: { ShellTop: head } } })
    await flushPromises()
    expect(shown.text()).toContain('由环境变量配置')
    expect(shown.findAll('button').map((one) => one.text())).not.toContain('修改')
  })
})
