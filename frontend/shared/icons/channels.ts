import type { IconName } from './icons'

export type ChannelFamily = 'voice' | 'live' | 'written' | 'paper'

/** The hue names the family, the icon names the channel; the word comes from the language file (`channel.<name>`). */
export const channels: Record<string, { family: ChannelFamily; icon: IconName }> = {
  voice: { family: 'voice', icon: 'phone' },
  voip: { family: 'voice', icon: 'webcall' },
  voicemail: { family: 'voice', icon: 'voicemail' },
  callback: { family: 'voice', icon: 'callback' },
  chat: { family: 'live', icon: 'chat' },
  wechat: { family: 'live', icon: 'wechat' },
  telegram: { family: 'live', icon: 'send' },
  mail: { family: 'written', icon: 'mail' },
  sms: { family: 'written', icon: 'sms' },
  form: { family: 'written', icon: 'form' },
  fax: { family: 'paper', icon: 'fax' },
  letter: { family: 'paper', icon: 'letter' },
  visit: { family: 'paper', icon: 'building' },
}

export function channelLook(name: string): { family: ChannelFamily; icon: IconName } {
  return channels[name] ?? { family: 'written', icon: 'inbox' }
}
