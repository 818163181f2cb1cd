export default {
  title: 'Telegram bots',
  add: 'Add a bot',
  none: 'No bot yet',
  noneHint: 'Make one with BotFather in Telegram and enter its token here; what citizens write becomes a contact.',
  removeTitle: 'Remove bot {name}',
  removeHint: 'No more messages in or out; what came in stays.',
  token: 'Token',
  mode: 'Receiving',
  modes: { polling: 'Fetch', webhook: 'Posted by Telegram' },
  webhookHint: 'Posting needs an https address that the internet reaches (AXD_PUBLIC_URL).',
  language: 'Default language',
  encrypted: 'The token is kept encrypted and never shown again.',
}
