export default {
  title: '封禁的号码与地址',
  add: '封禁',
  none: '没有封禁。',
  hint: '从这里来的不再派给坐席，原件仍留在台账。电话、网页、信函不按此拦。',
  kind: '类型',
  value: '号码或地址',
  remove: '解除封禁 {address}',
}
