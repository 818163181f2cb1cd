export default {
  name: 'Name',
  enabled: 'Enabled',
  keepSecret: 'Empty: unchanged',
  edit: 'Change',
  check: 'Test',
  checkOk: 'Both ways work.',
  checkBad: 'Does not work.',
  remove: 'Remove',
  state: { starting: 'Not used yet', connected: 'Working', retrying: 'Retrying', stopped: 'Switched off' },
  lastSuccess: 'Last success',
  fromEnvironment: 'Configured by the environment; it cannot be changed here.',
}
