import { client, take } from './client'
import type { SmsAccountInput, SmsTemplateInput } from './models'

const { GET, POST, PATCH, DELETE } = client
const accountAt = (account_id: string) => ({ params: { path: { account_id } } })
const templateAt = (template_id: string) => ({ params: { path: { template_id } } })

export const smsApi = {
  accounts: () => take(GET('/api/desk/sms/accounts')),
  create: (body: SmsAccountInput) => take(POST('/api/desk/sms/accounts', { body })),
  change: (id: string, body: SmsAccountInput) =>
    take(PATCH('/api/desk/sms/accounts/{account_id}', { ...accountAt(id), body })),
  remove: (id: string) => take(DELETE('/api/desk/sms/accounts/{account_id}', accountAt(id))),
  check: (id: string) => take(POST('/api/desk/sms/accounts/{account_id}/check', accountAt(id))),
  templates: (id: string) => take(GET('/api/desk/sms/accounts/{account_id}/templates', accountAt(id))),
  createTemplate: (id: string, body: SmsTemplateInput) =>
    take(POST('/api/desk/sms/accounts/{account_id}/templates', { ...accountAt(id), body })),
  changeTemplate: (id: string, body: SmsTemplateInput) =>
    take(PATCH('/api/desk/sms/templates/{template_id}', { ...templateAt(id), body })),
  removeTemplate: (id: string) => take(DELETE('/api/desk/sms/templates/{template_id}', templateAt(id))),
  composing: (contact_id: string) =>
    take(GET('/api/desk/sms/composing/{contact_id}', { params: { path: { contact_id } } })),
}
