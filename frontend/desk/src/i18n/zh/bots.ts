export default {
  title: 'Telegram 机器人',
  add: '添加机器人',
  none: '还没有机器人',
  noneHint: '在 Telegram 里用 BotFather 建一个，把令牌填到这里；市民发来的消息自动变成来件。',
  removeTitle: '删除机器人 {name}',
  removeHint: '不再收发；已收到的消息都在。',
  token: '令牌',
  mode: '接收方式',
  modes: { polling: '主动取', webhook: '由 Telegram 推送' },
  webhookHint: '推送要求公网可达的 https 地址（AXD_PUBLIC_URL）。',
  language: '默认语言',
  encrypted: '令牌加密保存，不会再显示。',
}
