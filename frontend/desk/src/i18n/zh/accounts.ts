/** What mailboxes, SMS accounts and bots have in common. */
export default {
  name: '名称',
  enabled: '启用',
  keepSecret: '留空则不变',
  edit: '修改',
  check: '测试',
  checkOk: '收发都正常。',
  checkBad: '不正常。',
  remove: '删除',
  state: { starting: '待用', connected: '正常', retrying: '重试中', stopped: '已停用' },
  lastSuccess: '上次成功',
  fromEnvironment: '由环境变量配置，在这里不能改。',
}
