/** Every channel. */
export const everyChannel = '*'

/** What can be forbidden; a page of our own shows nothing to anybody who does not come. */
export const forbiddable = [everyChannel, 'voice', 'sms', 'mail', 'telegram', 'wechat', 'fax', 'letter']
