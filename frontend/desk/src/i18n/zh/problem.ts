/** By the `code` of a problem document: what happened, what is safe, what to do. */
export default {
  offline: '连不上服务器。您写的内容还在，请稍后再试。',
  internal: '系统出错了，已记录。您写的内容还在，请再试一次。',
  invalid: '有内容没填对，请检查后再试。',
  unauthenticated: '登录已失效，请重新登录。',
  forbidden: '您没有这项权限，需要时请找管理员。',
  not_found: '找不到了，可能已经被处理或合并。',
  conflict: '别人先了一步，请看一下最新情况。',
  too_large: '太大了，请压缩或拆分后再试。',
  too_many: '太快了，请稍等一会儿。',
  unavailable: '现在办不了，请稍后再试。',
}
